"""`datacontract test` of every contract against the database that it describes; then with contracts, and data, spoilt."""

import copy
import logging

import psycopg
import yaml
from datacontract.data_contract import DataContract

from common import FOLDER, accept, finish, refuse

logging.disable(logging.CRITICAL)

TEXTS = {path.name.removesuffix(".odcs.yaml"): path.read_text() for path in sorted(FOLDER.glob("*.odcs.yaml"))}
SERVER = next(server for server in yaml.safe_load(TEXTS["readings"])["servers"] if server["server"] == "database")


def test(text):
    run = DataContract(data_contract_str=text, server="database").test()
    if not run.checks:
        return ["nothing was checked"]
    return [f"{check.name}: {check.reason}" for check in run.checks if check.result != "passed"]


def checked(text, word):
    """Whether a check of this kind was among them: one that nobody runs refuses nothing."""
    run = DataContract(data_contract_str=text, server="database").test()
    return any(word in check.type for check in run.checks)


for slug, text in TEXTS.items():
    accept(slug, test(text))
for word in ["physical_type", "field_required", "primary_key", "duplicate", "invalid", "quality_sql", "freshness"]:
    if not any(checked(text, word) for text in (TEXTS["readings"], TEXTS["sensors"])):
        raise SystemExit(f"no {word} is checked")


def field(contract, name):
    return next(one for one in contract["schema"][0]["properties"] if one["name"] == name)


def rule(of, name):
    return next(one for one in of["quality"] if one["id"] == name)


def level(contract, name):
    return next(one for one in contract["slaProperties"] if one["property"] == name)


CONTRACTS = {
    "a column of another type": ("readings", lambda it: field(it, "value").update(physicalType="text", logicalType="string")),
    "a column that is not there": ("readings", lambda it: field(it, "value").update(name="size", physicalName="size")),
    "a required column with nulls": ("readings-1m", lambda it: field(it, "sum").update(required=True)),
    "a key that is not unique": (
        "readings",
        lambda it: rule(it["schema"][0], "key")["arguments"].update(properties=["sensor_id"]),
    ),
    "a value outside of those listed": (
        "readings",
        lambda it: rule(field(it, "flag"), "flags")["arguments"].update(validValues=[1]),
    ),
    "a value above the highest": ("sensors", lambda it: field(it, "lat")["logicalTypeOptions"].update(maximum=1)),
    "more rows than there are": (
        "readings",
        lambda it: it["schema"][0]["quality"].append(
            {"id": "rows", "type": "library", "metric": "rowCount", "mustBeGreaterThan": 1000000}
        ),
    ),
    "data that is too old": ("readings", lambda it: level(it, "freshness").update(value="PT1S")),
    "a table that is not there": ("readings", lambda it: it["schema"][0].update(physicalName="readings")),
}
for name, (slug, spoil) in CONTRACTS.items():
    spoilt = copy.deepcopy(yaml.safe_load(TEXTS[slug]))
    spoil(spoilt)
    refuse(name, test(yaml.safe_dump(spoilt)))

DATA = {
    "a column became another type": (
        "readings",
        ["ALTER TABLE reading ALTER value TYPE numeric"],
        ["ALTER TABLE reading ALTER value TYPE float8"],
    ),
    "a column was renamed": (
        "readings",
        ["ALTER TABLE reading RENAME value TO size"],
        ["ALTER TABLE reading RENAME size TO value"],
    ),
    "a value is missing": (
        "readings",
        [
            "ALTER TABLE reading ALTER value DROP NOT NULL",
            "CREATE TABLE spare AS SELECT * FROM reading LIMIT 1",
            "UPDATE reading SET value = NULL FROM spare WHERE reading.sensor_id = spare.sensor_id AND reading.time = spare.time",
        ],
        [
            "UPDATE reading SET value = spare.value FROM spare"
            " WHERE reading.sensor_id = spare.sensor_id AND reading.time = spare.time",
            "DROP TABLE spare",
            "ALTER TABLE reading ALTER value SET NOT NULL",
        ],
    ),
    "a reading is there twice": (
        "readings",
        [
            "ALTER TABLE reading DROP CONSTRAINT reading_pkey",
            "INSERT INTO reading SELECT * FROM reading LIMIT 1",
        ],
        [
            "DELETE FROM reading USING reading AS twin WHERE reading.sensor_id = twin.sensor_id"
            " AND reading.time = twin.time AND reading.ctid > twin.ctid",
            "ALTER TABLE reading ADD PRIMARY KEY (sensor_id, time)",
        ],
    ),
    "a flag has no meaning": (
        "readings",
        [
            "ALTER TABLE reading DROP CONSTRAINT reading_flag_check",
            "UPDATE reading SET flag = 7 WHERE flag = 4",
        ],
        [
            "UPDATE reading SET flag = 4 WHERE flag = 7",
            "ALTER TABLE reading ADD CONSTRAINT reading_flag_check CHECK (flag IN (1, 2, 3, 4, 9))",
        ],
    ),
    "a place is not on the globe": (
        "sensors",
        ["ALTER TABLE sensor DROP CONSTRAINT sensor_lat_check", "UPDATE sensor SET lat = lat + 90"],
        [
            "UPDATE sensor SET lat = lat - 90",
            "ALTER TABLE sensor ADD CONSTRAINT sensor_lat_check CHECK (lat BETWEEN -90 AND 90)",
        ],
    ),
    "a count is negative": (
        "readings-1h",
        [
            "ALTER TABLE reading_1h DROP CONSTRAINT reading_1h_count_fail_check",
            "UPDATE reading_1h SET count_fail = -1 - count_fail",
        ],
        [
            "UPDATE reading_1h SET count_fail = -1 - count_fail",
            "ALTER TABLE reading_1h ADD CONSTRAINT reading_1h_count_fail_check CHECK (count_fail >= 0)",
        ],
    ),
    "nothing has come for a day": (
        "readings",
        ["UPDATE reading SET time = time - INTERVAL '1 day'"],
        ["UPDATE reading SET time = time + INTERVAL '1 day'"],
    ),
}
with psycopg.connect(
    host=SERVER["host"], port=SERVER["port"], dbname=SERVER["database"], user="postgres", autocommit=True
) as database:
    for name, (slug, spoil, mend) in DATA.items():
        for statement in spoil:
            database.execute(statement)
        refuse(name, test(TEXTS[slug]))
        for statement in mend:
            database.execute(statement)

# Whatever was spoilt is mended: what was refused was refused for that.
for slug in ["readings", "readings-1h", "sensors"]:
    accept(f"{slug} again", test(TEXTS[slug]))

finish()
