//! DCAT-AP 3.0.1 with measurements of quality in DQV, as Turtle and as JSON-LD: one graph, written in two ways.

mod codes;
mod dataset;
mod distribution;
mod party;
mod quality;

use chrono::{DateTime, Utc};

use self::codes::Code;
use super::Address;
use super::rdf::{ADMS, DCAT, DCT, FOAF, Graph, RDFS, SKOS, Thing};
use super::words;
use crate::model::{Catalogue, Dataset, Kind, Service};

/// The catalogue as Turtle.
pub fn turtle(catalogue: &Catalogue, address: &Address) -> String {
    graph(catalogue, address).turtle()
}

/// The catalogue as JSON-LD.
pub fn json_ld(catalogue: &Catalogue, address: &Address) -> String {
    graph(catalogue, address).json_ld()
}

/// Its graph while it is drawn.
struct Drawing<'a> {
    graph: Graph,
    catalogue: &'a Catalogue,
    address: &'a Address,
}

fn graph(catalogue: &Catalogue, address: &Address) -> Graph {
    let mut drawing = Drawing {
        graph: Graph::new(&catalogue.language),
        catalogue,
        address,
    };
    drawing.of_catalogue();
    for dataset in &catalogue.datasets {
        drawing.of_record(dataset);
        drawing.of_dataset(dataset);
        drawing.of_distributions(dataset);
        drawing.of_quality(dataset);
    }
    drawing.of_series();
    for service in &Service::ALL {
        drawing.of_service(service);
    }
    drawing.of_publisher();
    drawing.of_vocabulary();
    drawing.graph
}

impl Drawing<'_> {
    /// The name of the catalogue itself.
    fn catalogue_iri(&self) -> String {
        self.address.of_catalogue("catalogue")
    }

    /// The name of who publishes it.
    fn publisher_iri(&self) -> String {
        self.address.of_catalogue("publisher")
    }

    fn service_iri(&self, service: &Service) -> String {
        self.address.of_catalogue(&format!("service-{}", service.slug))
    }

    /// When the entry of a dataset changed last.
    fn recorded(&self, dataset: &Dataset) -> DateTime<Utc> {
        match dataset.release() {
            Some(release) => release.released_at,
            None => self.catalogue.computed_at,
        }
    }

    fn of_catalogue(&mut self) {
        let Self {
            catalogue, address, ..
        } = *self;
        let language = codes::language(&catalogue.language);
        let modified = catalogue
            .datasets
            .iter()
            .map(|dataset| self.recorded(dataset))
            .max();
        let issued = catalogue.datasets.iter().filter_map(words::issued).min();
        let licence = self.common_licence();
        let places = self.places();
        let publisher = self.publisher_iri();
        let iri = self.catalogue_iri();
        let services: Vec<String> = Service::ALL
            .iter()
            .map(|service| self.service_iri(service))
            .collect();
        self.graph
            .about(&iri)
            .is(DCAT, "Catalog")
            .text(DCT, "title", &catalogue.title)
            .text(DCT, "description", &catalogue.description)
            .link(DCT, "publisher", &publisher)
            .at(DCT, "modified", modified.unwrap_or(catalogue.computed_at))
            .with(issued, |thing, issued| thing.at(DCT, "issued", issued))
            .with(language, |thing, language| {
                thing.link(DCT, "language", &language.iri())
            })
            .with(licence, |thing, licence| thing.link(DCT, "license", &licence))
            .each(places, |thing, place| thing.link(DCT, "spatial", &place))
            .link(DCAT, "themeTaxonomy", codes::THEMES)
            .link(FOAF, "homepage", &address.home())
            .link(RDFS, "seeAlso", &address.catalogue_atom())
            .each(&catalogue.datasets, |thing, dataset| {
                thing.link(DCAT, "dataset", &address.dataset(&dataset.slug)).link(
                    DCAT,
                    "record",
                    &address.of_dataset(&dataset.slug, "record"),
                )
            })
            .each(services, |thing, service| thing.link(DCAT, "service", &service));
        self.graph.about(&address.home()).is(FOAF, "Document");
        if let Some(language) = language {
            self.code(&language, |thing| thing.is(DCT, "LinguisticSystem"));
        }
    }

    /// The licence of the catalogue: that of its datasets, where they have one and the same.
    fn common_licence(&self) -> Option<String> {
        let mut licences = self.catalogue.datasets.iter().map(|dataset| {
            let licence = dataset.stewardship.licence.as_ref()?;
            Some((licence, self.licence_iri(dataset, licence)))
        });
        let (first, iri) = licences.next()??;
        licences
            .all(|licence| licence.is_some_and(|(licence, _)| licence == first))
            .then_some(iri)
    }

    /// The places of the catalogue: those of its datasets.
    fn places(&self) -> Vec<String> {
        let placed = self
            .catalogue
            .datasets
            .iter()
            .filter(|dataset| dataset.extent.bounding_box.is_some());
        placed
            .map(|dataset| self.address.of_dataset(&dataset.slug, "place"))
            .collect()
    }

    fn of_record(&mut self, dataset: &Dataset) {
        let Self { address, .. } = *self;
        let recorded = self.recorded(dataset);
        let change = if dataset.releases.len() > 1 {
            codes::UPDATED
        } else {
            codes::CREATED
        };
        self.graph
            .about(&address.of_dataset(&dataset.slug, "record"))
            .is(DCAT, "CatalogRecord")
            .link(FOAF, "primaryTopic", &address.dataset(&dataset.slug))
            .at(DCT, "modified", recorded)
            .at(DCT, "issued", words::issued(dataset).unwrap_or(recorded))
            .link(DCT, "conformsTo", codes::PROFILE)
            .link(ADMS, "status", &change.iri());
        self.graph
            .about(codes::PROFILE)
            .is(DCT, "Standard")
            .word(DCT, "title", "DCAT-AP 3.0.1");
        self.code(&change, |thing| thing);
    }

    /// Readings, and what they amount to in buckets of each length: the same data, ever coarser.
    fn series(&self) -> Vec<&Dataset> {
        let of_readings = |dataset: &&Dataset| matches!(dataset.kind, Kind::Readings | Kind::Rollup);
        self.catalogue.datasets.iter().filter(of_readings).collect()
    }

    fn series_iri(&self) -> String {
        self.address.of_catalogue("series-readings")
    }

    fn of_series(&mut self) {
        let members = self.series();
        // One dataset alone is no series.
        let [first, _, ..] = members.as_slice() else {
            return;
        };
        let titles: Vec<&str> = members.iter().map(|dataset| words::title(dataset)).collect();
        let description = format!("The same readings at each resolution: {}.", titles.join(", "));
        let slugs: Vec<String> = members.iter().map(|dataset| dataset.slug.clone()).collect();
        let contact = self.contact_iri(first);
        let (series, publisher) = (self.series_iri(), self.publisher_iri());
        self.graph
            .about(&series)
            .is(DCAT, "DatasetSeries")
            .text(DCT, "title", "Readings at each resolution")
            .text(DCT, "description", &description)
            .link(DCT, "publisher", &publisher)
            .with(contact, |thing, contact| {
                thing.link(DCAT, "contactPoint", &contact)
            });
        for slug in slugs {
            let dataset = self.address.dataset(&slug);
            self.graph.about(&dataset).link(DCAT, "inSeries", &series);
        }
    }

    fn of_vocabulary(&mut self) {
        self.graph
            .about(codes::THEMES)
            .is(SKOS, "ConceptScheme")
            .text(DCT, "title", "Data themes");
        self.code(&codes::ENERGY, |thing| thing);
        // What records are of is a resource: a reader who has not fetched DCAT itself must be told that datasets are.
        self.graph.about(DCAT.term("Dataset").as_str()).link(
            RDFS,
            "subClassOf",
            DCAT.term("Resource").as_str(),
        );
    }

    /// What a reader must know of a code to check it without fetching it.
    fn code(&mut self, code: &Code, more: impl FnOnce(Thing<'_>) -> Thing<'_>) {
        let thing = self
            .graph
            .about(&code.iri())
            .is(SKOS, "Concept")
            .text(SKOS, "prefLabel", code.label)
            .link(SKOS, "inScheme", code.scheme);
        more(thing);
    }
}
