"""`datacontract lint` over every contract."""

import copy
import logging

import yaml
from datacontract.data_contract import DataContract
from datacontract.engines.checks.create_checks import freshness_value_to_seconds

from common import CATALOGUES, FOLDER, accept, finish, refuse, said, same

logging.disable(logging.CRITICAL)

# The standard leaves these to whoever writes a contract, so a typo would pass.
STATUSES = {"proposed", "draft", "active", "deprecated", "retired"}
LEVELS = {"freshness", "latency", "retention"}


def lint(text):
    run = DataContract(data_contract_str=text).lint()
    return [] if str(run.result).endswith("passed") else [check.reason for check in run.checks] or [run.result]


def own_rules(contract):
    """What the standard has no rule for."""
    problems = []
    if contract["status"] not in STATUSES:
        problems.append(f"status {contract['status']}")
    for level in contract.get("slaProperties", []):
        if level["property"] not in LEVELS:
            problems.append(f"level {level['property']}")
        if level["property"] == "freshness" and freshness_value_to_seconds(level["value"], level.get("unit")) is None:
            problems.append(f"freshness {level['value']}")
        if "element" in level:
            object_name, name = level["element"].split(".")
            known = {(one["name"], each["name"]) for one in contract["schema"] for each in one["properties"]}
            if (object_name, name) not in known:
                problems.append(f"element {level['element']}")
    return problems


for catalogue in CATALOGUES:
    for dataset in said(catalogue)["datasets"]:
        name = f"{dataset['slug']}.odcs.yaml"
        text = (FOLDER / catalogue / name).read_text()
        contract = yaml.safe_load(text)
        accept(f"{catalogue}/{name}", lint(text) + own_rules(contract))
        same("title", contract["name"], dataset["title"])
        same("tags", contract.get("tags", []), dataset["keywords"])
        if dataset["description"]:
            same("description", contract["description"]["purpose"], dataset["description"])
        for field, read in zip(dataset["fields"], contract["schema"][0]["properties"], strict=True):
            same("field", read["name"], field["name"])
            if field["description"] and "deprecat" not in (read.get("description") or "").lower():
                same("description", read.get("description"), field["description"])
            if field["example"] is not None:
                same("example", read["examples"], [field["example"]])

readings = yaml.safe_load((FOLDER / "full" / "readings.odcs.yaml").read_text())
for promise in ["freshness", "latency", "retention"]:
    same(promise, promise in {level["property"] for level in readings["slaProperties"]}, True)


def schema(contract):
    return contract["schema"][0]


def latency(contract):
    return next(one for one in schema(contract)["properties"] if one["name"] == "latency")


MUTATIONS = {
    "a unit of a property": lambda it: latency(it).update(unit="s"),
    "an unknown logical type": lambda it: latency(it).update(logicalType="float"),
    "a key that is a text": lambda it: latency(it).update(primaryKey="yes"),
    "a property without name": lambda it: latency(it).pop("name"),
    "an unknown dimension": lambda it: schema(it)["quality"][0].update(dimension="validity"),
    "an unknown metric": lambda it: schema(it)["quality"][0].update(metric="sum"),
    "two operators": lambda it: schema(it)["quality"][0].update(mustBeLessThan=3),
    "a rule without metric": lambda it: schema(it)["quality"][0].pop("metric"),
    "a level with an unknown key": lambda it: it["slaProperties"][0].update(threshold=1),
    "a level without value": lambda it: it["slaProperties"][0].pop("value"),
    "a server of an unknown type": lambda it: it["servers"][0].update(type="mqtt"),
    "a database without host": lambda it: it["servers"][0].pop("host"),
    "a port as text": lambda it: it["servers"][0].update(port="5432"),
    "a contract without version": lambda it: it.pop("version"),
    "a contract without status": lambda it: it.pop("status"),
    "a contract of another kind": lambda it: it.update(kind="Contract"),
    "an unknown version of the standard": lambda it: it.update(apiVersion="v9.9.9"),
    "a member without name": lambda it: it["team"]["members"][0].pop("username"),
    "an unknown key": lambda it: it.update(owner="me"),
    "a misspelt status": lambda it: it.update(status="actve"),
    "a misspelt level": lambda it: it["slaProperties"][0].update(property="freshnes"),
    "a freshness of no length": lambda it: it["slaProperties"][0].update(value="soon"),
    "an element that is not there": lambda it: it["slaProperties"][0].update(element="reading.when"),
}
for name, spoil in MUTATIONS.items():
    spoilt = copy.deepcopy(readings)
    spoil(spoilt)
    problems = lint(yaml.safe_dump(spoilt))
    if not problems:
        problems = own_rules(spoilt)
    refuse(name, problems)

finish()
