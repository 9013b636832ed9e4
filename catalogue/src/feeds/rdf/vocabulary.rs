//! The vocabularies whose words the catalogue uses.

use oxrdf::NamedNode;

/// A vocabulary: what its words begin with, and how that is shortened.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Vocabulary {
    pub(super) prefix: &'static str,
    pub(super) iri: &'static str,
}

macro_rules! vocabularies {
    ($($name:ident = $prefix:literal $iri:literal;)*) => {
        $(pub(in super::super) const $name: Vocabulary = Vocabulary { prefix: $prefix, iri: $iri };)*

        /// All of them.
        pub(in super::super) const PREFIXES: &[Vocabulary] = &[$($name),*];
    };
}

vocabularies! {
    ADMS = "adms" "http://www.w3.org/ns/adms#";
    DCAT = "dcat" "http://www.w3.org/ns/dcat#";
    DCATAP = "dcatap" "http://data.europa.eu/r5r/";
    DCT = "dct" "http://purl.org/dc/terms/";
    DQV = "dqv" "http://www.w3.org/ns/dqv#";
    FOAF = "foaf" "http://xmlns.com/foaf/0.1/";
    GEO = "geo" "http://www.opengis.net/ont/geosparql#";
    PROV = "prov" "http://www.w3.org/ns/prov#";
    RDF = "rdf" "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    RDFS = "rdfs" "http://www.w3.org/2000/01/rdf-schema#";
    SKOS = "skos" "http://www.w3.org/2004/02/skos/core#";
    VCARD = "vcard" "http://www.w3.org/2006/vcard/ns#";
    XSD = "xsd" "http://www.w3.org/2001/XMLSchema#";
}

impl Vocabulary {
    /// A word of it.
    pub(in super::super) fn term(self, name: &str) -> NamedNode {
        NamedNode::new_unchecked(format!("{}{name}", self.iri))
    }
}

/// A word of any of them as people write it, such as `dct:title`; others as they are.
pub(super) fn short(iri: &NamedNode) -> String {
    let iri = iri.as_str();
    let found = PREFIXES
        .iter()
        .find_map(|vocabulary| Some((vocabulary.prefix, iri.strip_prefix(vocabulary.iri)?)));
    match found {
        Some((prefix, name)) => format!("{prefix}:{name}"),
        None => iri.to_owned(),
    }
}
