"""Checks $metadata against the rules of CSDL 4.0 that clients depend on, and answers against $metadata.

Usage: odata_metadata.py ROOT
"""

import re
import sys
import xml.etree.ElementTree as ET

import requests

root = sys.argv[1]
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
CHILDREN = {
    EDMX + "Edmx": {EDMX + "Reference", EDMX + "DataServices"},
    EDMX + "Reference": {EDMX + "Include"},
    EDMX + "DataServices": {EDM + "Schema"},
    EDM + "Schema": {EDM + "EntityType", EDM + "EntityContainer"},
    EDM + "EntityType": {EDM + "Key", EDM + "Property", EDM + "Annotation"},
    EDM + "Key": {EDM + "PropertyRef"},
    EDM + "Property": {EDM + "Annotation"},
    EDM + "EntityContainer": {EDM + "EntitySet", EDM + "Annotation"},
    EDM + "EntitySet": {EDM + "Annotation"},
    EDM + "Annotation": {EDM + "Record", EDM + "Collection"},
    EDM + "Record": {EDM + "PropertyValue"},
    EDM + "PropertyValue": {EDM + "Collection"},
    EDM + "Collection": {EDM + "String", EDM + "PropertyPath", EDM + "Record"},
}
ATTRIBUTES = {
    EDMX + "Edmx": {"Version"},
    EDMX + "Reference": {"Uri"},
    EDMX + "Include": {"Namespace", "Alias"},
    EDM + "Schema": {"Namespace"},
    EDM + "EntityType": {"Name"},
    EDM + "PropertyRef": {"Name"},
    EDM + "Property": {"Name", "Type", "Nullable", "Precision"},
    EDM + "EntityContainer": {"Name"},
    EDM + "EntitySet": {"Name", "EntityType"},
    EDM + "Annotation": {"Term", "String", "Bool", "EnumMember"},
    EDM + "PropertyValue": {"Property", "Bool", "String", "PropertyPath"},
}
PYTHON = {
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Int64": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Edm.Double": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Guid": lambda value: re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value),
    "Edm.DateTimeOffset": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", value),
}


def check(element):
    """Every element is where the schema allows it, with attributes that it has."""
    allowed = CHILDREN.get(element.tag, set())
    assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()), (element.tag, element.attrib)
    for child in element:
        assert child.tag in allowed, f"{child.tag} in {element.tag}"
        check(child)


answer = requests.get(root + "$metadata", headers={"Accept": "application/xml"}, timeout=30)
answer.raise_for_status()
assert answer.headers["content-type"].startswith("application/xml"), answer.headers
assert answer.headers["odata-version"] == "4.0"
document = ET.fromstring(answer.content)
assert document.tag == EDMX + "Edmx" and document.get("Version") == "4.0"
check(document)

aliases = {include.get("Alias") for include in document.iter(EDMX + "Include")}
schema = document.find(f".//{EDM}Schema")
types = {f"{schema.get('Namespace')}.{each.get('Name')}": each for each in schema.findall(EDM + "EntityType")}
for annotation in document.iter(EDM + "Annotation"):
    assert annotation.get("Term").split(".")[0] in aliases, annotation.attrib

described = requests.get(root, timeout=30).json()
sets = schema.find(EDM + "EntityContainer").findall(EDM + "EntitySet")
assert [each.get("Name") for each in sets] == [each["name"] for each in described["value"]]

rows_seen = 0
for each in sets:
    entity = types[each.get("EntityType")]
    properties = {}
    for found in entity.findall(EDM + "Property"):
        name = found.get("Name")
        assert re.fullmatch(r"[A-Z][A-Za-z]{0,127}", name) and name not in properties, name
        properties[name] = (found.get("Type"), found.get("Nullable") != "false")
        description = found.find(EDM + "Annotation")
        assert description.get("Term") == "Core.Description" and description.get("String").endswith("."), name
    keys = [key.get("Name") for key in entity.find(EDM + "Key")]
    assert keys and all(properties[key][1] is False for key in keys), keys
    terms = {annotation.get("Term"): annotation for annotation in each.findall(EDM + "Annotation")}
    assert {"Core.Description", "Capabilities.SortRestrictions", "Capabilities.ExpandRestrictions"} <= set(terms)
    unsorted = {path.text for path in terms["Capabilities.SortRestrictions"].iter(EDM + "PropertyPath")}
    assert unsorted < set(properties)

    url = root + each.get("Name")
    time = "Start" if "Start" in properties else "Time"
    wanted = {} if each.get("Name") == "Sensors" else {"$filter": f"{time} ge 2026-11-23T00:00:00Z"}
    rows = requests.get(url, params=wanted, timeout=30).json()["value"]
    for row in rows:
        assert list(row) == list(properties), f"columns of {each.get('Name')}"
        for name, value in row.items():
            kind, nullable = properties[name]
            assert (value is None and nullable) or (value is not None and PYTHON[kind](value)), (name, value)
    rows_seen += len(rows)

    # What the annotations say about sorting and filtering is what happens.
    alone = {value.get("PropertyPath") for value in terms["Capabilities.FilterRestrictions"].iter() if value.get("PropertyPath")}
    for name in properties:
        status = requests.get(url, params={"$orderby": name, "$top": "1", **wanted}, timeout=30).status_code
        assert status == (501 if name in unsorted else 200), (each.get("Name"), name, status)
        status = requests.get(url, params={"$filter": f"{name} ne null", "$top": "1"}, timeout=30).status_code
        assert status == (501 if name in alone else 200), (each.get("Name"), name, status)
        if name in alone:
            value = rows[0][name]
            status = requests.get(url, params={"$filter": f"{name} eq '{value}'", "$top": "1"}, timeout=30).status_code
            assert status == 200, (each.get("Name"), name, status)

functions = [
    text.text
    for annotation in document.iter(EDM + "Annotation")
    if annotation.get("Term") == "Capabilities.FilterFunctions"
    for text in annotation.iter(EDM + "String")
]
EXAMPLES = {
    "now": "ActiveSince lt now()", "contains": "contains(Name,'e')", "startswith": "startswith(Name,'S')",
    "endswith": "endswith(Name,'1')", "tolower": "tolower(Name) ne 'x'", "toupper": "toupper(Name) ne 'x'",
    "trim": "trim(Name) ne 'x'", "length": "length(Name) gt 1", "indexof": "indexof(Name,'S') eq 0",
    "round": "round(Latitude) gt 1", "floor": "floor(Latitude) gt 1", "ceiling": "ceiling(Latitude) gt 1",
    "date": "date(ActiveSince) lt 2100-01-01",
}
for function in functions:
    example = EXAMPLES.get(function, f"{function}(ActiveSince) ge 0")
    answer = requests.get(root + "Sensors", params={"$filter": example}, timeout=30)
    assert answer.status_code == 200 and answer.json()["value"], (example, answer.text)

print(f"{len(sets)} sets, {rows_seen} rows, {len(functions)} functions")
