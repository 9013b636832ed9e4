"""Pages' JSON-LD after the rules of Google's dataset search, and Atom after RFC 4287's musts, read by Python's own
parsers."""

import copy
import json
import re
import xml.etree.ElementTree as ElementTree
from datetime import datetime

from common import CATALOGUES, FOLDER, accept, finish, refuse, said, same

ATOM = "{http://www.w3.org/2005/Atom}"
INTERVAL = re.compile(r"^(?P<start>[^/]+)/(?P<end>\.\.|[^/]+)$")
IRI = re.compile(r"^(https?://[^\s<>\"{}|\\^`]+|mailto:\S+)$")


def is_instant(text):
    if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", text or ""):
        return False
    datetime.fromisoformat(text)
    return True


def of_page(page):
    problems = []

    def must(holds, problem):
        if not holds:
            problems.append(problem)

    must(page.get("@context") in ("https://schema.org/", "https://schema.org"), "context")
    must(page.get("@type") == "Dataset", "type")
    must(isinstance(page.get("name"), str) and page["name"].strip(), "name")
    description = page.get("description")
    must(isinstance(description, str) and 50 <= len(description.strip()) and len(description) <= 5000, "description")
    must(IRI.match(page.get("url", "")), "url")
    licence = page.get("license")
    if licence is not None:
        is_work = isinstance(licence, dict) and licence.get("@type") == "CreativeWork" and licence.get("name") is not None
        must(is_work or isinstance(licence, str) and IRI.match(licence), "license")
    for role in ("creator", "publisher"):
        party = page.get(role)
        must(isinstance(party, dict) and party.get("@type") in ("Organization", "Person") and party.get("name"), role)
    coverage = page.get("temporalCoverage")
    if coverage is not None:
        parts = INTERVAL.match(coverage)
        ends = parts and (parts["end"] == ".." or is_instant(parts["end"]))
        must(parts and is_instant(parts["start"]) and ends, "temporalCoverage")
    place = page.get("spatialCoverage")
    if place is not None:
        numbers = place["geo"]["box"].split()
        must(place["@type"] == "Place" and len(numbers) == 4, "spatialCoverage")
        if len(numbers) == 4:
            south, west, north, east = map(float, numbers)
            must(-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180, "spatialCoverage")
    must((page.get("includedInDataCatalog") or {}).get("@type") == "DataCatalog", "includedInDataCatalog")
    for one in page.get("distribution", []):
        must(one["@type"] == "DataDownload" and IRI.match(one.get("contentUrl", "")), "contentUrl")
        must(one.get("encodingFormat"), "encodingFormat")
    for one in page.get("variableMeasured", []):
        must(one["@type"] == "PropertyValue" and one.get("name"), "variableMeasured")
        must("unitCode" not in one or one.get("unitText"), "unitText")
        must(re.match(r"^([A-Z0-9]{2,3}|https?://\S+)$", one.get("unitCode", "ONE")), "unitCode")
    must(page.get("isAccessibleForFree", True) is True, "isAccessibleForFree")
    for name in ("datePublished", "dateModified"):
        must(name not in page or is_instant(page[name]), name)
    return problems


def of_feed(text):
    try:
        feed = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return [str(error)]
    problems = []

    def must(holds, problem):
        if not holds:
            problems.append(problem)

    def texts(thing, name):
        return [one.text for one in thing.findall(ATOM + name)]

    def links(thing, relation):
        return [one.get("href") for one in thing.findall(ATOM + "link") if one.get("rel", "alternate") == relation]

    must(feed.tag == ATOM + "feed", "root")
    must(len(links(feed, "self")) == 1, "link to itself")
    authors = feed.findall(ATOM + "author")
    must(len(authors) == 1 and len(texts(authors[0], "name")) == 1, "author")
    for author in authors:
        must(all(re.match(r"^.+@.+$", email or "", re.S) for email in texts(author, "email")), "email")
        must(all(IRI.match(uri or "") for uri in texts(author, "uri")), "uri")
    entries = feed.findall(ATOM + "entry")
    for thing in [feed, *entries]:
        for name in ("id", "title", "updated"):
            must(len(texts(thing, name)) == 1, f"one {name}")
        must(all(re.match(r"^urn:uuid:[0-9a-f-]{36}$", one or "") for one in texts(thing, "id")), "id")
        must(all(is_instant(one) for one in texts(thing, "updated") + texts(thing, "published")), "instants")
        must(all(IRI.match(one.get("href", "")) for one in thing.findall(ATOM + "link")), "href")
        must(len(links(thing, "alternate")) <= 1, "alternate")
    for entry in entries:
        must(len(links(entry, "alternate")) == 1 or entry.find(ATOM + "content") is not None, "alternate or content")
        must(len(texts(entry, "summary")) == 1, "summary")
        must(all(one.get("term") for one in entry.findall(ATOM + "category")), "term")
    ids = [texts(thing, "id")[0] for thing in [feed, *entries] if texts(thing, "id")]
    must(len(ids) == len(set(ids)), "ids are unique")
    return problems


def in_xml(text):
    """The text as XML can say it."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


for catalogue in CATALOGUES:
    words = said(catalogue)
    folder = FOLDER / catalogue
    accept(f"{catalogue} feed", of_feed((folder / "catalogue.atom").read_bytes()))
    root = ElementTree.fromstring((folder / "catalogue.atom").read_bytes())
    same("title", root.find(ATOM + "title").text, in_xml(words["title"] + ": changes"))
    same("author", root.find(f"{ATOM}author/{ATOM}name").text, in_xml(words["publisher"]))
    for dataset in words["datasets"]:
        slug = dataset["slug"]
        script = (folder / f"{slug}.page.json").read_text()
        if re.search("[<>&]", script):
            raise SystemExit(f"{slug}: a script that ends itself")
        page = json.loads(script)
        accept(f"{catalogue}/{slug} page", of_page(page))
        same("name", page["name"], dataset["title"])
        same("keywords", page.get("keywords", []), dataset["keywords"])
        accept(f"{catalogue}/{slug} feed", of_feed((folder / f"{slug}.atom").read_bytes()))
        for field, variable in zip(dataset["fields"], page.get("variableMeasured", []), strict=True):
            same("variable", variable["name"], field["name"])
            if field["description"] and "Deprecated" not in variable.get("description", ""):
                same("description", variable.get("description"), field["description"])

page = json.loads((FOLDER / "full" / "readings.page.json").read_text())
same("an open end", page["temporalCoverage"], "2026-10-26T00:00:00Z/..")
sensors = json.loads((FOLDER / "full" / "sensors.page.json").read_text())
codes = {one["name"]: one.get("unitCode") for one in sensors["variableMeasured"]}
same("unit codes", (codes["lat"], codes["interval_seconds"], codes["drift"]), ("DD", "SEC", None))

for name, spoil in {
    "a page without name": lambda it: it.pop("name"),
    "a short description": lambda it: it.update(description="Readings."),
    "a long description": lambda it: it.update(description="a" * 5001),
    "no catalogue": lambda it: it.pop("includedInDataCatalog"),
    "a licence as a name": lambda it: it.update(license="CC BY 4.0"),
    "a creator without name": lambda it: it["creator"].pop("name"),
    "a coverage without end": lambda it: it.update(temporalCoverage="2026-10-26T00:00:00Z"),
    "a coverage in words": lambda it: it.update(temporalCoverage="yesterday/.."),
    "a box of three": lambda it: it["spatialCoverage"]["geo"].update(box="1 2 3"),
    "a box upside down": lambda it: it["spatialCoverage"]["geo"].update(box="50 7 40 8"),
    "a download without address": lambda it: it["distribution"][0].pop("contentUrl"),
    "a variable without name": lambda it: it["variableMeasured"][0].pop("name"),
    "a code without unit": lambda it: it["variableMeasured"][0].update(unitCode="CEL"),
    "free as text": lambda it: it.update(isAccessibleForFree="true"),
}.items():
    spoilt = copy.deepcopy(page)
    spoil(spoilt)
    refuse(name, of_page(spoilt))

feed = (FOLDER / "full" / "readings.atom").read_text()
first = feed.index("<entry>")
for name, spoilt in {
    "broken XML": feed.replace("</feed>", ""),
    "no namespace": feed.replace(' xmlns="http://www.w3.org/2005/Atom"', ""),
    "no author": re.sub(r"<author>.*?</author>", "", feed, flags=re.S),
    "no title": re.sub(r"<title>.*?</title>", "", feed, count=1, flags=re.S),
    "no id of an entry": feed[:first] + re.sub(r"<id>.*?</id>", "", feed[first:], count=1),
    "the same id twice": feed.replace(
        re.findall(r"<id>(.*?)</id>", feed)[2], re.findall(r"<id>(.*?)</id>", feed)[1]
    ),
    "no link to itself": re.sub(r'<link rel="self"[^>]*>', "", feed),
    "a date without time": re.sub(r"<updated>.*?</updated>", "<updated>2026-11-26</updated>", feed, count=1),
    "no date": re.sub(r"<updated>.*?</updated>", "", feed, count=1),
    "an author's mail that is none": re.sub(r"<email>.*?</email>", "<email>me</email>", feed),
    "no link of an entry": feed[:first] + re.sub(r'<link rel="alternate"[^>]*>', "", feed[first:], count=1),
    "no summary": re.sub(r"<summary>.*?</summary>", "", feed, count=1, flags=re.S),
}.items():
    same(f"{name} is another document", spoilt != feed, True)
    refuse(name, of_feed(spoilt.encode()))
same("what went wrong is an entry", 'term="incident"' in feed and 'term="planned_outage"' in feed, True)
same("breaking is marked", 'term="breaking"' in feed and "Readings 2.0.0 (breaking)" in feed, True)

finish()
