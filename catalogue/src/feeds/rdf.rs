//! A graph of RDF: what is said of things, in the order in which it was said, and its two ways of being written.
//!
//! Everything in it has an IRI of its own, nothing is blank, so that two copies of a graph are the same triples.
//! Terms are `oxrdf`'s, which checks them; Turtle is written by `oxttl`. JSON-LD is written here: `oxjsonld` does not
//! shorten names by its context, and a document of whole IRIs is nothing to read.

mod json_ld;
mod vocabulary;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use oxrdf::{Literal, NamedNode, Term, TripleRef};
use oxttl::TurtleSerializer;

pub(super) use self::vocabulary::{
    ADMS, DCAT, DCATAP, DCT, DQV, FOAF, GEO, PREFIXES, PROV, RDF, RDFS, SKOS, VCARD, Vocabulary, XSD,
};
use super::words;

/// What is said of things.
#[derive(Debug)]
pub(super) struct Graph {
    /// The language of its texts; `None` where the tag is none.
    language: Option<String>,
    places: HashMap<NamedNode, usize>,
    subjects: Vec<Said>,
}

/// What is said of one thing: each property once, with all its values.
#[derive(Debug)]
pub(super) struct Said {
    of: NamedNode,
    properties: Vec<(NamedNode, Vec<Term>)>,
    seen: HashSet<(NamedNode, Term)>,
}

/// A thing while it is spoken of.
#[derive(Debug)]
pub(super) struct Thing<'graph> {
    said: &'graph mut Said,
    language: Option<&'graph str>,
}

impl Graph {
    /// An empty graph, with texts in this language.
    pub(super) fn new(language: &str) -> Self {
        let is_tag = Literal::new_language_tagged_literal("", language).is_ok();
        Self {
            language: is_tag.then(|| language.to_owned()),
            places: HashMap::new(),
            subjects: Vec::new(),
        }
    }

    /// Speaks of a thing, again or for the first time. Its address is one that [`Address`](super::Address) gave, or that
    /// was found to be one.
    pub(super) fn about(&mut self, iri: &str) -> Thing<'_> {
        let of = node(iri);
        let place = *self.places.entry(of.clone()).or_insert_with(|| {
            self.subjects.push(Said {
                of,
                properties: Vec::new(),
                seen: HashSet::new(),
            });
            self.subjects.len() - 1
        });
        Thing {
            said: &mut self.subjects[place],
            language: self.language.as_deref(),
        }
    }

    /// It in Turtle.
    pub(super) fn turtle(&self) -> String {
        let mut turtle = TurtleSerializer::new();
        for vocabulary in PREFIXES {
            turtle = turtle
                .with_prefix(vocabulary.prefix, vocabulary.iri)
                .expect("vocabularies have sound IRIs");
        }
        let mut turtle = turtle.for_writer(Vec::new());
        for said in &self.subjects {
            for (property, values) in &said.properties {
                for value in values {
                    turtle
                        .serialize_triple(TripleRef::new(&said.of, property, value))
                        .expect("writing into memory does not fail");
                }
            }
        }
        let bytes = turtle.finish().expect("writing into memory does not fail");
        String::from_utf8(bytes).expect("all that was written is UTF-8")
    }
}

impl Thing<'_> {
    fn say(&mut self, property: NamedNode, value: Term) {
        if !self.said.seen.insert((property.clone(), value.clone())) {
            return;
        }
        match self
            .said
            .properties
            .iter_mut()
            .find(|(known, _)| *known == property)
        {
            Some((_, values)) => values.push(value),
            None => self.said.properties.push((property, vec![value])),
        }
    }

    /// It is one of these.
    pub(super) fn is(mut self, vocabulary: Vocabulary, class: &str) -> Self {
        self.say(RDF.term("type"), vocabulary.term(class).into());
        self
    }

    /// A text in the catalogue's language.
    pub(super) fn text(mut self, vocabulary: Vocabulary, property: &str, text: &str) -> Self {
        let literal = self
            .language
            .and_then(|language| Literal::new_language_tagged_literal(text, language).ok())
            .unwrap_or_else(|| Literal::new_simple_literal(text));
        self.say(vocabulary.term(property), literal.into());
        self
    }

    /// A word of no language: a name, a code.
    pub(super) fn word(mut self, vocabulary: Vocabulary, property: &str, word: &str) -> Self {
        self.say(
            vocabulary.term(property),
            Literal::new_simple_literal(word).into(),
        );
        self
    }

    /// A value of a datatype.
    pub(super) fn value(self, vocabulary: Vocabulary, property: &str, value: &str, datatype: &str) -> Self {
        self.typed(vocabulary, property, value, XSD.term(datatype))
    }

    /// A shape on the Earth as well-known text.
    pub(super) fn shape(self, vocabulary: Vocabulary, property: &str, shape: &str) -> Self {
        self.typed(vocabulary, property, shape, GEO.term("wktLiteral"))
    }

    /// An instant.
    pub(super) fn at(self, vocabulary: Vocabulary, property: &str, at: DateTime<Utc>) -> Self {
        self.value(vocabulary, property, &words::instant(at), "dateTime")
    }

    /// Another thing.
    pub(super) fn link(mut self, vocabulary: Vocabulary, property: &str, iri: &str) -> Self {
        self.say(vocabulary.term(property), node(iri).into());
        self
    }

    /// What `more` says of it, where there is a value.
    pub(super) fn with<T>(self, value: Option<T>, more: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => more(self, value),
            None => self,
        }
    }

    /// What `more` says of it for each.
    pub(super) fn each<T>(
        self,
        values: impl IntoIterator<Item = T>,
        more: impl FnMut(Self, T) -> Self,
    ) -> Self {
        values.into_iter().fold(self, more)
    }

    fn typed(mut self, vocabulary: Vocabulary, property: &str, value: &str, datatype: NamedNode) -> Self {
        let literal = Literal::new_typed_literal(value, datatype);
        self.say(vocabulary.term(property), literal.into());
        self
    }
}

fn node(iri: &str) -> NamedNode {
    debug_assert!(NamedNode::new(iri).is_ok(), "{iri} is no IRI");
    NamedNode::new_unchecked(iri)
}
