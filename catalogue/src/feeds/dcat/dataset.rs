//! A dataset: what it is, of what time and place, from what it is made.

use super::codes::{self, Code};
use super::{Drawing, words};
use crate::feeds::rdf::{ADMS, DCAT, DCT, FOAF, PROV, RDFS, Thing};
use crate::model::{Access, BoundingBox, Dataset};

impl Drawing<'_> {
    pub(super) fn of_dataset(&mut self, dataset: &Dataset) {
        let Self {
            address, catalogue, ..
        } = *self;
        let slug = &dataset.slug;
        let iri = address.dataset(slug);
        let access = match dataset.access {
            Access::Anybody => codes::PUBLIC,
            Access::WithKey => codes::RESTRICTED,
        };
        let licence = dataset.stewardship.licence.as_ref();
        let licence = licence.map(|licence| self.licence_iri(dataset, licence));
        let contact = self.contact_iri(dataset);
        let publisher = self.publisher_iri();
        let resolution = dataset.extent.resolution_seconds;
        let frequency = resolution.and_then(codes::frequency);
        let language = codes::language(&catalogue.language);
        // What an asker may not see is not in the catalogue, and is not named by what is made from it.
        let sources = dataset
            .derived_from
            .iter()
            .filter_map(|slug| catalogue.dataset(slug))
            .map(|source| address.dataset(&source.slug));
        let thing = self
            .graph
            .about(&iri)
            .is(DCAT, "Dataset")
            .text(DCT, "title", words::title(dataset))
            .text(DCT, "description", &words::description(dataset))
            .word(DCT, "identifier", slug)
            .link(DCT, "publisher", &publisher)
            .link(DCAT, "theme", &codes::ENERGY.iri())
            .link(DCT, "accessRights", &access.iri())
            .link(DCAT, "landingPage", &iri)
            .link(DCT, "conformsTo", &address.contract(slug))
            .link(RDFS, "seeAlso", &address.versions(slug))
            .each(&dataset.keywords, |thing, word| thing.text(DCAT, "keyword", word))
            .with(contact, |thing, contact| {
                thing.link(DCAT, "contactPoint", &contact)
            })
            .with(licence, |thing, licence| thing.link(DCT, "license", &licence))
            .with(language, |thing, language| {
                thing.link(DCT, "language", &language.iri())
            })
            .with(frequency, |thing, code| {
                thing.link(DCT, "accrualPeriodicity", &code.iri())
            })
            .with(resolution.and_then(words::duration), |thing, length| {
                thing.value(DCAT, "temporalResolution", &length, "duration")
            })
            .each(sources, |thing, source| {
                thing
                    .link(DCT, "source", &source)
                    .link(PROV, "wasDerivedFrom", &source)
            });
        versioned(thing, dataset);
        self.of_owner(dataset);
        self.of_contact(dataset);
        self.of_licence(dataset);
        self.of_extent(dataset, &iri);
        self.codes_of(access, frequency);
        self.graph.about(&iri).is(FOAF, "Document");
        self.graph
            .about(&address.contract(slug))
            .is(DCT, "Standard")
            .text(DCT, "title", &format!("Contract of {}", words::title(dataset)));
    }

    fn codes_of(&mut self, access: Code, frequency: Option<Code>) {
        self.code(&access, |thing| thing.is(DCT, "RightsStatement"));
        if let Some(frequency) = frequency {
            self.code(&frequency, |thing| thing.is(DCT, "Frequency"));
        }
    }

    /// Who owns it has made it what it is; who publishes the catalogue only shows it.
    fn of_owner(&mut self, dataset: &Dataset) {
        let Some(owner) = &dataset.stewardship.owner else {
            return;
        };
        let iri = self.address.of_dataset(&dataset.slug, "owner");
        let of = self.address.dataset(&dataset.slug);
        self.graph.about(&of).link(DCT, "creator", &iri);
        self.agent(&iri, owner);
    }

    fn of_extent(&mut self, dataset: &Dataset, iri: &str) {
        if let Some((from, to)) = words::period(dataset) {
            let period = self.address.of_dataset(&dataset.slug, "period");
            self.graph.about(iri).link(DCT, "temporal", &period);
            self.graph
                .about(&period)
                .is(DCT, "PeriodOfTime")
                .at(DCAT, "startDate", from)
                .with(to, |thing, to| thing.at(DCAT, "endDate", to));
        }
        if let Some(bounds) = dataset.extent.bounding_box {
            let place = self.address.of_dataset(&dataset.slug, "place");
            self.graph.about(iri).link(DCT, "spatial", &place);
            self.graph
                .about(&place)
                .is(DCT, "Location")
                .shape(DCAT, "bbox", &polygon(bounds))
                .shape(DCAT, "centroid", &centre(bounds));
        }
    }
}

fn versioned(thing: Thing<'_>, dataset: &Dataset) {
    thing
        .with(words::version(dataset), |thing, version| {
            thing.word(DCAT, "version", &version)
        })
        .with(dataset.release(), |thing, release| {
            thing.text(ADMS, "versionNotes", &words::notes(release))
        })
        .with(words::issued(dataset), |thing, issued| {
            thing.at(DCT, "issued", issued)
        })
        .with(words::modified(dataset), |thing, modified| {
            thing.at(DCT, "modified", modified)
        });
}

/// A box as well-known text, longitude first; in two parts where it spans the date line.
fn polygon(bounds: BoundingBox) -> String {
    let BoundingBox { south, north, .. } = bounds;
    let ring = |west: f64, east: f64| {
        format!("(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))")
    };
    if bounds.west <= bounds.east {
        format!("POLYGON{}", ring(bounds.west, bounds.east))
    } else {
        format!(
            "MULTIPOLYGON({},{})",
            ring(bounds.west, 180.0),
            ring(-180.0, bounds.east)
        )
    }
}

fn centre(bounds: BoundingBox) -> String {
    let lat = f64::midpoint(bounds.south, bounds.north);
    let width = (bounds.east - bounds.west).rem_euclid(360.0);
    let lng = bounds.west + width / 2.0;
    let lng = if lng > 180.0 { lng - 360.0 } else { lng };
    format!("POINT({lng} {lat})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_across_the_date_line_is_cut_there() {
        let bounds = |west, east| BoundingBox {
            south: -20.0,
            west,
            north: -10.0,
            east,
        };
        assert_eq!(
            polygon(bounds(10.0, 20.0)),
            "POLYGON((10 -20,20 -20,20 -10,10 -10,10 -20))"
        );
        assert_eq!(
            polygon(bounds(170.0, -160.0)),
            "MULTIPOLYGON(((170 -20,180 -20,180 -10,170 -10,170 -20)),\
             ((-180 -20,-160 -20,-160 -10,-180 -10,-180 -20)))"
        );
        assert_eq!(centre(bounds(10.0, 20.0)), "POINT(15 -15)");
        assert_eq!(centre(bounds(170.0, -160.0)), "POINT(-175 -15)");
        assert_eq!(centre(bounds(-180.0, 180.0)), "POINT(-180 -15)");
    }
}
