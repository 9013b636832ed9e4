//! A graph in JSON-LD 1.1, with its context inside: a remote one would make every reader fetch it.

use oxrdf::{Literal, NamedNode, Term, vocab};
use serde_json::{Map, Value, json};

use super::vocabulary::{PREFIXES, short};
use super::{Graph, Said};

impl Graph {
    /// It in JSON-LD.
    pub(in super::super) fn json_ld(&self) -> String {
        let prefixes = PREFIXES
            .iter()
            .map(|vocabulary| (vocabulary.prefix.to_owned(), Value::from(vocabulary.iri)));
        let graph: Vec<Value> = self.subjects.iter().map(of_thing).collect();
        let document = json!({ "@context": prefixes.collect::<Map<_, _>>(), "@graph": graph });
        format!("{document:#}\n")
    }
}

fn of_thing(said: &Said) -> Value {
    let mut object = Map::new();
    object.insert("@id".to_owned(), said.of.as_str().into());
    for (property, values) in &said.properties {
        let is_type = *property == vocab::rdf::TYPE;
        let key = if is_type {
            "@type".to_owned()
        } else {
            short(property)
        };
        let mut values: Vec<Value> = values
            .iter()
            .filter_map(|value| if is_type { of_class(value) } else { of_term(value) })
            .collect();
        let value = if values.len() == 1 {
            values.remove(0)
        } else {
            values.into()
        };
        object.insert(key, value);
    }
    object.into()
}

fn of_class(class: &Term) -> Option<Value> {
    let Term::NamedNode(class) = class else {
        return None;
    };
    Some(short(class).into())
}

fn of_term(term: &Term) -> Option<Value> {
    match term {
        Term::NamedNode(node) => Some(of_node(node)),
        Term::Literal(literal) => Some(of_literal(literal)),
        // Nothing in a graph of ours is blank.
        Term::BlankNode(_) => None,
    }
}

fn of_node(node: &NamedNode) -> Value {
    json!({ "@id": node.as_str() })
}

/// Never a number or a truth of JSON: a reader would write them in its own way, and the graph would be another one.
fn of_literal(literal: &Literal) -> Value {
    match literal.language() {
        Some(language) => json!({ "@value": literal.value(), "@language": language }),
        None if literal.datatype() == vocab::xsd::STRING => json!({ "@value": literal.value() }),
        None => {
            let datatype = literal.datatype().into_owned();
            json!({ "@value": literal.value(), "@type": short(&datatype) })
        }
    }
}
