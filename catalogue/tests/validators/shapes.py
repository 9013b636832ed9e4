"""pyshacl over the catalogue's graph, as Turtle and as JSON-LD."""

import rdflib
import rdflib.compare
from pyshacl import validate
from rdflib import RDF, XSD, BNode, Literal, Namespace, URIRef

from common import CATALOGUES, FOLDER, SHAPES, accept, finish, refuse, said, same

DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCT = Namespace("http://purl.org/dc/terms/")
DQV = Namespace("http://www.w3.org/ns/dqv#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
PROV = Namespace("http://www.w3.org/ns/prov#")
SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")

shapes = rdflib.Graph()
for file in ["dcat-ap.ttl", "dqv.ttl"]:
    shapes.parse(SHAPES / file)


def judged(graph):
    """What is wrong, and what could be better: pairs of the class of a thing and the property."""
    _, report, _ = validate(graph, shacl_graph=shapes, inference="none", allow_warnings=True, advanced=True)
    found = {SH.Violation: set(), SH.Warning: set()}
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = report.value(result, SH.focusNode)
        path = report.value(result, SH.resultPath)
        path = path if isinstance(path, URIRef) else "constraint"
        classes = sorted(str(one) for one in graph.objects(focus, RDF.type)) or ["nothing"]
        found[report.value(result, SH.resultSeverity)].add((classes[0], str(path)))
    return found[SH.Violation], found[SH.Warning]


def parse(catalogue, name):
    return rdflib.Graph().parse(FOLDER / catalogue / name)


# What is recommended and left out, and why: nobody says of which kind a publisher is, and of REST and the exports no
# document for programs and no standard is known.
LEFT_OUT = {
    (str(FOAF.Agent), str(DCT.type)),
    (str(DCAT.DataService), str(DCAT.endpointDescription)),
    (str(DCAT.DataService), str(DCT.conformsTo)),
}
# Sensors have no period.
LEFT_OUT_OF_SENSORS = {(str(DCAT.Dataset), str(DCT.temporal))}

for catalogue in CATALOGUES:
    turtle, json_ld = parse(catalogue, "catalogue.ttl"), parse(catalogue, "catalogue.jsonld")
    if not rdflib.compare.isomorphic(turtle, json_ld):
        raise SystemExit(f"{catalogue}: Turtle and JSON-LD are two graphs")
    same("blank nodes", [term for term in turtle.all_nodes() if isinstance(term, BNode)], [])
    for name, graph in [("turtle", turtle), ("json-ld", json_ld)]:
        violations, warnings = judged(graph)
        accept(f"{catalogue} {name}", violations)
        if catalogue == "full":
            same("warnings", warnings, LEFT_OUT | LEFT_OUT_OF_SENSORS)
    words = said(catalogue)
    top = turtle.value(predicate=RDF.type, object=DCAT.Catalog)
    same("title", str(turtle.value(top, DCT.title)), words["title"])
    same("description", str(turtle.value(top, DCT.description)), words["description"])
    same("publisher", str(turtle.value(turtle.value(top, DCT.publisher), FOAF.name)), words["publisher"])
    for dataset in words["datasets"]:
        thing = next(turtle.subjects(DCT.identifier, Literal(dataset["slug"])))
        same("title", str(turtle.value(thing, DCT.title)), dataset["title"])
        same("keywords", {str(one) for one in turtle.objects(thing, DCAT.keyword)}, set(dataset["keywords"]))
        if dataset["description"]:
            same("description", str(turtle.value(thing, DCT.description)), dataset["description"])
        metrics = [turtle.value(one, DQV.isMeasurementOf) for one in turtle.objects(thing, DQV.hasQualityMeasurement)]
        formulae = {str(turtle.value(metric, SKOS.definition)) for metric in metrics}
        same("formulae", set(dataset["formulae"]) - formulae, set())

full = parse("full", "catalogue.ttl")


def one(of):
    return sorted(full.subjects(RDF.type, of))[0]


def with_property(of, name):
    return sorted(thing for thing in full.subjects(RDF.type, of) if full.value(thing, name))[0]


def without(of, name):
    thing = with_property(of, name)
    return lambda graph: graph.remove((thing, name, None))


def instead(of, name, value):
    thing = with_property(of, name)
    return lambda graph: graph.set((thing, name, value))


def besides(of, name, value):
    thing = with_property(of, name)
    return lambda graph: graph.add((thing, name, value))


measurement = with_property(DQV.QualityMeasurement, DQV.value)
frequency = full.value(with_property(DCAT.Dataset, DCT.accrualPeriodicity), DCT.accrualPeriodicity)
number = next(one for one in sorted(full.subjects(RDF.type, DQV.QualityMeasurement)) if "completeness" in one)

MUTATIONS = {
    "a catalogue without title": without(DCAT.Catalog, DCT.title),
    "a catalogue without publisher": without(DCAT.Catalog, DCT.publisher),
    "two publishers": besides(DCAT.Catalog, DCT.publisher, one(FOAF.Agent) + "x"),
    "a catalogue of nothing": lambda graph: [graph.remove((None, name, None)) for name in (DCAT.dataset, DCAT.service)],
    "a catalogue of something else": besides(DCAT.Catalog, DCAT.dataset, one(DCAT.DatasetSeries)),
    "a dataset without title": without(DCAT.Dataset, DCT.title),
    "a dataset with an empty title": instead(DCAT.Dataset, DCT.title, Literal("")),
    "a dataset without description": without(DCAT.Dataset, DCT.description),
    "two frequencies": besides(DCAT.Dataset, DCT.accrualPeriodicity, URIRef("urn:x:2")),
    "a frequency that is none": lambda graph: graph.remove((frequency, RDF.type, DCT.Frequency)),
    "a resolution without datatype": instead(DCAT.Dataset, DCAT.temporalResolution, Literal("PT1S")),
    "a resolution that is no duration": instead(
        DCAT.Dataset, DCAT.temporalResolution, Literal("a second", datatype=XSD.duration)
    ),
    "a licence as text": instead(DCAT.Dataset, DCT.license, Literal("CC BY 4.0")),
    "a period without datatype": instead(DCT.PeriodOfTime, DCAT.startDate, Literal("2026-11-26")),
    "a box without datatype": instead(DCT.Location, DCAT.bbox, Literal("POLYGON((0 0,1 0,1 1,0 1,0 0))")),
    "a distribution without address": without(DCAT.Distribution, DCAT.accessURL),
    "an address as text": instead(DCAT.Distribution, DCAT.accessURL, Literal("https://example.org")),
    "a size with a fraction": instead(DCAT.Distribution, DCAT.byteSize, Literal("1.5", datatype=XSD.decimal)),
    "a negative size": instead(DCAT.Distribution, DCAT.byteSize, Literal("-1", datatype=XSD.nonNegativeInteger)),
    "a service without address": without(DCAT.DataService, DCAT.endpointURL),
    "a series without members": lambda graph: graph.remove((None, DCAT.inSeries, None)),
    "an agent without name": without(FOAF.Agent, FOAF.name),
    "a contact's mail as text": instead(VCARD.Kind, VCARD.hasEmail, Literal("data@example.org")),
    "a record of nothing": without(DCAT.CatalogRecord, FOAF.primaryTopic),
    "a record without date": without(DCAT.CatalogRecord, DCT.modified),
    "a measurement without value": without(DQV.QualityMeasurement, DQV.value),
    "a measurement of two things": besides(DQV.QualityMeasurement, DQV.computedOn, URIRef("urn:x:2")),
    "a measurement by no metric": without(DQV.QualityMeasurement, DQV.isMeasurementOf),
    "a measurement without time": without(DQV.QualityMeasurement, PROV.generatedAtTime),
    "a measurement of another datatype": lambda graph: graph.set((number, DQV.value, Literal("N/A"))),
    "a measurement of no dataset": lambda graph: graph.remove((None, DQV.hasQualityMeasurement, measurement)),
    "a metric without definition": without(DQV.Metric, SKOS.definition),
    "a metric of no dimension": without(DQV.Metric, DQV.inDimension),
}

for name, spoil in MUTATIONS.items():
    spoilt = rdflib.Graph()
    for triple in full:
        spoilt.add(triple)
    spoil(spoilt)
    refuse(name, judged(spoilt)[0])

# What is only recommended is a warning.
for name, spoil, expected in [
    ("no contact", without(DCAT.Dataset, DCAT.contactPoint), DCAT.contactPoint),
    ("no format", without(DCAT.Distribution, DCT["format"]), DCT["format"]),
    ("no themes", without(DCAT.Catalog, DCAT.themeTaxonomy), DCAT.themeTaxonomy),
]:
    spoilt = rdflib.Graph()
    for triple in full:
        spoilt.add(triple)
    spoil(spoilt)
    violations, warnings = judged(spoilt)
    same(f"violations of {name}", violations, set())
    refuse(name, {pair for pair in warnings if pair[1] == str(expected)} - LEFT_OUT)

finish()
