//! What each feed says of a dataset, read by parsers and brought into one form.

use std::collections::HashMap;

use oxrdf::{NamedOrBlankNode, Term};
use oxttl::TurtleParser;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

const DCT: &str = "http://purl.org/dc/terms/";
const DCAT: &str = "http://www.w3.org/ns/dcat#";

/// What a feed says of a dataset.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Said {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) version: Option<String>,
    /// An interval of ISO 8601.
    pub(crate) period: Option<String>,
    pub(crate) keywords: Vec<String>,
    /// Of each field its name and unit; `None` where the feed has no fields.
    pub(crate) fields: Option<Vec<(String, Option<String>)>>,
}

type Triples = HashMap<(String, String), Vec<String>>;

/// Turtle, read into subject and property and their values.
pub(crate) fn triples(turtle: &str) -> Triples {
    let mut triples = Triples::new();
    for triple in TurtleParser::new().for_slice(turtle) {
        let triple = triple.expect("it is Turtle");
        let value = match triple.object {
            Term::NamedNode(node) => node.into_string(),
            Term::Literal(literal) => literal.value().to_owned(),
            Term::BlankNode(blank) => panic!("{blank} is blank"),
        };
        let NamedOrBlankNode::NamedNode(subject) = triple.subject else {
            panic!("{} is blank", triple.subject);
        };
        let key = (subject.into_string(), triple.predicate.into_string());
        triples.entry(key).or_default().push(value);
    }
    triples
}

/// The same of JSON-LD: its names are lengthened by its own context, and by no other.
pub(crate) fn triples_of_json_ld(text: &str) -> Triples {
    let document: Value = serde_json::from_str(text).unwrap();
    let context = document["@context"].as_object().expect("a context inside");
    let lengthen = |name: &str| match name.split_once(':') {
        Some((prefix, rest)) if context.contains_key(prefix) => {
            format!("{}{rest}", context[prefix].as_str().unwrap())
        }
        _ => name.to_owned(),
    };
    let mut triples = Triples::new();
    for thing in document["@graph"].as_array().unwrap() {
        let subject = thing["@id"].as_str().unwrap();
        for (name, values) in thing.as_object().unwrap() {
            let property = match name.as_str() {
                "@id" => continue,
                "@type" => "http://www.w3.org/1999/02/22-rdf-syntax-ns#type".to_owned(),
                name => lengthen(name),
            };
            let values = match values {
                Value::Array(values) => values.clone(),
                one => vec![one.clone()],
            };
            let values = values.iter().map(|value| match value {
                Value::String(class) => lengthen(class),
                value => {
                    let text = value.get("@id").or_else(|| value.get("@value"));
                    text.and_then(Value::as_str)
                        .expect("no number of JSON")
                        .to_owned()
                }
            });
            triples
                .entry((subject.to_owned(), property))
                .or_default()
                .extend(values);
        }
    }
    triples
}

fn all(triples: &Triples, subject: &str, property: &str) -> Vec<String> {
    let key = (subject.to_owned(), property.to_owned());
    triples.get(&key).cloned().unwrap_or_default()
}

fn one(triples: &Triples, subject: &str, property: &str) -> Option<String> {
    let values = all(triples, subject, property);
    assert!(values.len() <= 1, "{subject} {property}: {values:?}");
    values.into_iter().next()
}

/// What the graph says of a dataset.
pub(crate) fn dcat(triples: &Triples, iri: &str) -> Said {
    let property = |vocabulary: &str, name: &str| one(triples, iri, &format!("{vocabulary}{name}"));
    let period = property(DCT, "temporal").map(|period| {
        let bound = |name: &str| one(triples, &period, &format!("{DCAT}{name}"));
        let end = bound("endDate").unwrap_or_else(|| "..".to_owned());
        format!("{}/{end}", bound("startDate").unwrap())
    });
    Said {
        title: property(DCT, "title").unwrap(),
        description: property(DCT, "description").unwrap(),
        version: property(DCAT, "version"),
        period,
        keywords: all(triples, iri, &format!("{DCAT}keyword")),
        fields: None,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(text).collect()
}

/// What a custom property of a contract says.
fn custom(of: &Value, name: &str) -> Option<String> {
    let customs = of["customProperties"].as_array()?;
    let found = customs.iter().find(|custom| custom["property"] == name)?;
    text(&found["value"])
}

/// What a contract says.
pub(crate) fn odcs(yaml: &str) -> Said {
    let document: Value = yaml_serde::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let properties = document["schema"][0]["properties"].as_array().unwrap();
    let fields = properties
        .iter()
        .map(|property| (text(&property["name"]).unwrap(), custom(property, "unit")));
    Said {
        title: text(&document["name"]).unwrap(),
        description: text(&document["description"]["purpose"]).unwrap(),
        version: text(&document["version"])
            .filter(|version| version != "0.0.0" || document["status"] != "draft"),
        period: custom(&document, "temporalCoverage"),
        keywords: texts(&document["tags"]),
        fields: Some(fields.collect()),
    }
}

/// What a data package says.
pub(crate) fn package(json: &str) -> Said {
    let document: Value = serde_json::from_str(json).unwrap();
    let resources = document["resources"].as_array().unwrap();
    let dictionary = resources
        .iter()
        .find(|resource| resource["name"] == "fields")
        .unwrap();
    let rows = dictionary["data"].as_array().unwrap();
    let place = |name: &str| {
        texts(&rows[0])
            .iter()
            .position(|heading| heading == name)
            .unwrap()
    };
    let fields = rows[1..]
        .iter()
        .map(|row| (text(&row[place("name")]).unwrap(), text(&row[place("unit")])));
    Said {
        title: text(&document["title"]).unwrap(),
        description: text(&document["description"]).unwrap(),
        version: text(&document["version"]),
        period: text(&document["temporalCoverage"]),
        keywords: texts(&document["keywords"]),
        fields: Some(fields.collect()),
    }
}

/// What a page's head says.
pub(crate) fn schema_org(script: &str) -> Said {
    let document: Value = serde_json::from_str(script).unwrap();
    let variables = document["variableMeasured"].as_array().map(Vec::as_slice);
    let fields = variables
        .unwrap_or_default()
        .iter()
        .map(|variable| (text(&variable["name"]).unwrap(), text(&variable["unitText"])));
    Said {
        title: text(&document["name"]).unwrap(),
        description: text(&document["description"]).unwrap(),
        version: text(&document["version"]),
        period: text(&document["temporalCoverage"]),
        keywords: texts(&document["keywords"]),
        fields: Some(fields.collect()),
    }
}

/// The titles of the entries of a feed, in their order.
pub(crate) fn titles(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut titles = Vec::new();
    let (mut in_entry, mut in_title) = (false, false);
    loop {
        match reader.read_event().expect("it is XML") {
            Event::Start(start) if start.name().as_ref() == b"entry" => in_entry = true,
            Event::Start(start) if start.name().as_ref() == b"title" && in_entry => {
                in_title = true;
                titles.push(String::new());
            }
            Event::End(end) if end.name().as_ref() == b"title" => in_title = false,
            Event::Text(text) if in_title => titles.last_mut().unwrap().push_str(&text.decode().unwrap()),
            Event::GeneralRef(entity) if in_title => {
                let character = match entity.resolve_char_ref().unwrap() {
                    Some(character) => character,
                    None => match &entity[..] {
                        b"lt" => '<',
                        b"gt" => '>',
                        b"amp" => '&',
                        b"quot" => '"',
                        b"apos" => '\'',
                        other => panic!("{other:?}"),
                    },
                };
                titles.last_mut().unwrap().push(character);
            }
            Event::Eof => return titles,
            _ => {}
        }
    }
}
