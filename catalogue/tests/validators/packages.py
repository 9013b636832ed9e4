"""`frictionless validate` over every data package, with a file in the shape of each export."""

import copy
import json
import pathlib
import re
import tempfile

from frictionless import FrictionlessException, Package

from common import CATALOGUES, FOLDER, accept, finish, refuse, said, same

READINGS = (
    "time,value,flag,sensor,source,type,unit\r\n"
    "2026-11-26T10:00:00.000000Z,21.5,PASS,Sensor 1,demo,temperature,Cel\r\n"
    '2026-11-26T10:00:01.500000Z,-3,SUSPECT,"Sensor, the ""second""",demo,,\r\n'
)
BUCKETS = (
    "start,end,time_zone,count,count_suspect,count_fail,avg,min,max,sum,first,last,stddev,complete,"
    "sensor,source,type,unit\r\n"
    "2026-11-26T10:00:00.000000Z,2026-11-26T10:01:00.000000Z,UTC,60,1,0,21.5,20,23,1290,20,21,0.5,true,"
    "Sensor 1,demo,temperature,Cel\r\n"
    "2026-11-26T10:01:00.000000Z,2026-11-26T10:02:00.000000Z,UTC,0,0,0,,,,,,,,false,Sensor 1,demo,,\r\n"
)


def local(descriptor, readings=READINGS, buckets=BUCKETS):
    """The package with files of this machine in the place of exports, which only a running service gives."""
    descriptor = copy.deepcopy(descriptor)
    kept = []
    for resource in descriptor["resources"]:
        path = resource.get("path", "")
        if "/export/readings.csv" in path:
            resource["path"] = write("readings.csv", readings)
        elif "/export/buckets.csv" in path:
            resource["path"] = write("buckets.csv", buckets)
        elif path:
            continue
        kept.append(resource)
    descriptor["resources"] = kept
    return descriptor


room = pathlib.Path(tempfile.mkdtemp())


def write(name, text):
    (room / name).write_text(text, newline="")
    return name


def own_rules(descriptor):
    """What the standard asks for, and frictionless does not look at."""
    resources = descriptor.get("resources") or []
    names = [resource.get("name", "") for resource in resources]
    broken = [] if resources else ["no resources"]
    broken += [name for name in names if not re.match(r"^[a-z0-9._-]+$", name)]
    broken += ["a name twice"] if len(names) != len(set(names)) else []
    broken += ["the profile"] if not descriptor.get("$schema", "").startswith("https://datapackage.org/profiles/2") else []
    for licence in descriptor.get("licenses", [{"path": ""}]):
        broken += [] if "name" in licence or "path" in licence else ["a licence"]
    return broken


def problems(descriptor):
    """What is wrong with it as a descriptor, or with the data that it describes."""
    broken = own_rules(descriptor)
    if broken:
        return broken
    try:
        Package.from_descriptor(descriptor, basepath=str(room))
        report = Package.from_descriptor(local(descriptor), basepath=str(room)).validate()
    except FrictionlessException as error:
        return [str(error)] + [str(reason) for reason in error.reasons]
    return [] if report.valid else report.flatten(["type", "note"]) or ["invalid"]


def problems_with(readings):
    report = Package.from_descriptor(local(full, readings), basepath=str(room)).validate()
    return [] if report.valid else report.flatten(["type", "note"])


for catalogue in CATALOGUES:
    for dataset in said(catalogue)["datasets"]:
        name = f"{dataset['slug']}.datapackage.json"
        descriptor = json.loads((FOLDER / catalogue / name).read_text())
        accept(f"{catalogue}/{name}", problems(descriptor))
        same("title", descriptor["title"], dataset["title"])
        same("keywords", descriptor.get("keywords", []), dataset["keywords"])
        if dataset["description"]:
            same("description", descriptor["description"], dataset["description"])

full = json.loads((FOLDER / "full" / "readings.datapackage.json").read_text())
same("a file with a schema", any(it.get("format") == "csv" and "schema" in it for it in full["resources"]), True)


def csv(descriptor):
    return next(resource for resource in descriptor["resources"] if resource["name"] == "csv")


def fields(descriptor):
    return next(resource for resource in descriptor["resources"] if resource["name"] == "fields")


MUTATIONS = {
    "no resources": lambda it: it.update(resources=[]),
    "a resource without data": lambda it: csv(it).pop("path"),
    "a resource without name": lambda it: csv(it).pop("name"),
    "a field of an unknown type": lambda it: csv(it)["schema"]["fields"][1].update(type="datum"),
    "a field without name": lambda it: csv(it)["schema"]["fields"][1].pop("name"),
    "a field of another type than the data's": lambda it: csv(it)["schema"]["fields"][1].update(type="boolean"),
    "a field that the data does not have": lambda it: csv(it)["schema"]["fields"].append({"name": "x", "type": "string"}),
    "a key that is no field": lambda it: csv(it)["schema"].update(primaryKey=["nothing"]),
    "a constraint that the data breaks": lambda it: csv(it)["schema"]["fields"][1].update(constraints={"minimum": 0}),
    "fields with a row too long": lambda it: fields(it)["data"][1].append("more"),
    "fields with the same name": lambda it: fields(it)["data"].append(fields(it)["data"][1]),
    "two resources of one name": lambda it: csv(it).update(name="fields"),
    "a licence without name and address": lambda it: it.update(licenses=[{"title": "free"}]),
    "another profile": lambda it: it.update({"$schema": "https://example.org/profile.json"}),
    "keywords that are no list": lambda it: it.update(keywords="temperature"),
}
for name, spoil in MUTATIONS.items():
    spoilt = copy.deepcopy(full)
    spoil(spoilt)
    refuse(name, problems(spoilt))

for name, data in {
    "another heading": READINGS.replace("flag", "quality", 1),
    "a column less": READINGS.replace(",unit\r\n", "\r\n", 1),
    "a flag that is none": READINGS.replace("PASS", "GOOD"),
    "a value that is no number": READINGS.replace("21.5", "warm"),
    "a row without value": READINGS.replace("21.5", ""),
    "a time that is none": READINGS.replace("2026-11-26T10:00:00.000000Z", "this morning"),
    "the same row twice": READINGS + READINGS.splitlines(keepends=True)[1],
}.items():
    refuse(name, problems_with(data))

finish()
