//! The ways to get a dataset, and the services behind them.

use super::{Drawing, codes};
use crate::feeds::address::web;
use crate::feeds::rdf::{DCAT, DCATAP, DCT, RDFS};
use crate::model::{Dataset, Distribution, Service, Stored};

/// Where the media types that are registered stand.
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types";

impl Drawing<'_> {
    pub(super) fn of_distributions(&mut self, dataset: &Dataset) {
        for distribution in &dataset.distributions {
            self.of_distribution(dataset, distribution);
        }
        self.of_archive(dataset);
        self.code(&codes::AVAILABLE, |thing| thing);
    }

    fn distribution_iri(&self, dataset: &Dataset, slug: &str) -> String {
        self.address
            .of_dataset(&dataset.slug, &format!("distribution-{slug}"))
    }

    fn of_distribution(&mut self, dataset: &Dataset, distribution: &Distribution) {
        let iri = self.distribution_iri(dataset, distribution.slug);
        let location = self.address.path(distribution.path);
        let service = Service::of(distribution.path).map(|service| self.service_iri(service));
        let thing = self
            .graph
            .about(&iri)
            .is(DCAT, "Distribution")
            .text(DCT, "title", distribution.title)
            .text(DCT, "description", distribution.description)
            .link(DCAT, "accessURL", &location)
            .with(service, |thing, service| {
                thing.link(DCAT, "accessService", &service)
            });
        if distribution.is_download {
            thing.link(DCAT, "downloadURL", &location);
        }
        self.delivered(dataset, &iri, distribution.media_type);
    }

    /// The objects themselves, for those who may read the bucket. Their size is known exactly, which that of an answer
    /// is not before it is given.
    fn of_archive(&mut self, dataset: &Dataset) {
        let Stored::Objects { prefix, .. } = &dataset.stored else {
            return;
        };
        let Some(store) = self.address.store() else {
            return;
        };
        let location = store.location(prefix);
        let bytes = dataset.extent.bytes.filter(|bytes| bytes.is_exact);
        let iri = self.distribution_iri(dataset, "objects");
        self.graph
            .about(&iri)
            .is(DCAT, "Distribution")
            .text(DCT, "title", "Objects on S3")
            .text(
                DCT,
                "description",
                "The objects as they were written: JSON lines in independent frames of zstd.",
            )
            .link(DCAT, "accessURL", &location)
            .link(DCAT, "compressFormat", &format!("{MEDIA_TYPES}/application/zstd"))
            .with(bytes, |thing, bytes| {
                thing.value(DCAT, "byteSize", &bytes.value.to_string(), "nonNegativeInteger")
            });
        self.media_type("application/zstd");
        self.delivered(dataset, &iri, "application/x-ndjson");
    }

    /// What all distributions of a dataset have: licence, rights, availability, format.
    fn delivered(&mut self, dataset: &Dataset, iri: &str, media_type: &str) {
        let of = self.address.dataset(&dataset.slug);
        self.graph.about(&of).link(DCAT, "distribution", iri);
        let licence = dataset.stewardship.licence.as_ref();
        let licence = licence.map(|licence| self.licence_iri(dataset, licence));
        let media_type = bare(media_type);
        let format = codes::file_type(media_type);
        let format_iri = match format {
            Some(code) => code.iri(),
            None => self.address.of_catalogue(&format!("format-{media_type}")),
        };
        let media = self.media_type(media_type);
        self.graph
            .about(iri)
            .link(DCAT, "mediaType", &media)
            .link(DCT, "format", &format_iri)
            .link(DCATAP, "availability", &codes::AVAILABLE.iri())
            .with(licence, |thing, licence| thing.link(DCT, "license", &licence));
        match format {
            Some(code) => self.code(&code, |thing| thing.is(DCT, "MediaTypeOrExtent")),
            None => {
                self.graph
                    .about(&format_iri)
                    .is(DCT, "MediaTypeOrExtent")
                    .word(RDFS, "label", media_type);
            }
        }
    }

    fn media_type(&mut self, media_type: &str) -> String {
        let iri = format!("{MEDIA_TYPES}/{media_type}");
        self.graph
            .about(&iri)
            .is(DCT, "MediaType")
            .word(RDFS, "label", media_type);
        iri
    }

    pub(super) fn of_service(&mut self, service: &Service) {
        let Self {
            address, catalogue, ..
        } = *self;
        let iri = self.service_iri(service);
        let serves = |dataset: &&Dataset| {
            let mut paths = dataset.distributions.iter().map(|distribution| distribution.path);
            paths.any(|path| Service::of(path) == Some(service))
        };
        let contact = self.publishers_contact();
        let publisher = self.publisher_iri();
        self.graph
            .about(&iri)
            .is(DCAT, "DataService")
            .text(DCT, "title", service.title)
            .text(DCT, "description", service.description)
            .text(DCAT, "keyword", service.title)
            .link(DCAT, "theme", &codes::ENERGY.iri())
            .link(DCT, "publisher", &publisher)
            .link(DCAT, "endpointURL", &address.path(service.path))
            .with(service.described_at, |thing, path| {
                thing.link(DCAT, "endpointDescription", &address.path(path))
            })
            .with(service.standard.and_then(web), |thing, standard| {
                thing.link(DCT, "conformsTo", standard)
            })
            .with(contact.as_deref(), |thing, contact| {
                thing.link(DCAT, "contactPoint", contact)
            })
            .each(catalogue.datasets.iter().filter(serves), |thing, dataset| {
                thing.link(DCAT, "servesDataset", &address.dataset(&dataset.slug))
            });
        for path in [Some(service.path), service.described_at].into_iter().flatten() {
            self.graph.about(&address.path(path)).is(RDFS, "Resource");
        }
        if let Some(standard) = service.standard.and_then(web) {
            self.graph.about(standard).is(DCT, "Standard");
        }
        if let Some(contact) = contact {
            self.card(&contact, &catalogue.publisher);
        }
    }
}

/// A media type without its parameters.
fn bare(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}
