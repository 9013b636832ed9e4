//! Who publishes, owns and answers, and on which terms.

use super::Drawing;
use crate::feeds::address::{mailto, web};
use crate::feeds::rdf::{DCT, FOAF, RDFS, VCARD};
use crate::model::{Dataset, Licence, Party};

impl Drawing<'_> {
    pub(super) fn of_publisher(&mut self) {
        let iri = self.publisher_iri();
        self.agent(&iri, &self.catalogue.publisher);
    }

    /// A person, team or organisation: which of these, nobody says.
    pub(super) fn agent(&mut self, iri: &str, party: &Party) {
        let homepage = party.homepage.as_deref();
        self.graph
            .about(iri)
            .is(FOAF, "Agent")
            .word(FOAF, "name", &party.name)
            .with(party.email.as_deref(), |thing, email| {
                thing.link(FOAF, "mbox", &mailto(email))
            })
            .with(homepage, |thing, homepage| match web(homepage) {
                Some(homepage) => thing.link(FOAF, "homepage", homepage),
                None => thing.word(RDFS, "comment", homepage),
            });
        self.document(homepage);
    }

    /// The name of whom to ask about a dataset; who publishes the catalogue, where nobody else is named and that leads
    /// anywhere.
    pub(super) fn contact_iri(&self, dataset: &Dataset) -> Option<String> {
        if dataset.stewardship.contact.is_some() {
            return Some(self.address.of_dataset(&dataset.slug, "contact"));
        }
        self.publishers_contact()
    }

    /// The name of whom to ask about all of the catalogue.
    pub(super) fn publishers_contact(&self) -> Option<String> {
        let publisher = &self.catalogue.publisher;
        (publisher.email.is_some() || publisher.homepage.is_some())
            .then(|| self.address.of_catalogue("contact"))
    }

    pub(super) fn of_contact(&mut self, dataset: &Dataset) {
        if let Some(contact) = &dataset.stewardship.contact {
            let iri = self.address.of_dataset(&dataset.slug, "contact");
            self.card(&iri, contact);
        }
    }

    pub(super) fn card(&mut self, iri: &str, party: &Party) {
        let homepage = party.homepage.as_deref();
        self.graph
            .about(iri)
            .is(VCARD, "Kind")
            .word(VCARD, "fn", &party.name)
            .with(party.email.as_deref(), |thing, email| {
                thing.link(VCARD, "hasEmail", &mailto(email))
            })
            .with(homepage, |thing, homepage| match web(homepage) {
                Some(homepage) => thing.link(VCARD, "hasURL", homepage),
                None => thing.word(RDFS, "comment", homepage),
            });
    }

    fn document(&mut self, address: Option<&str>) {
        if let Some(address) = address.and_then(web) {
            self.graph.about(address).is(FOAF, "Document");
        }
    }

    /// The name of a licence: where its text stands; of the dataset's own, where that is no address.
    pub(super) fn licence_iri(&self, dataset: &Dataset, licence: &Licence) -> String {
        match web(&licence.url) {
            Some(url) => url.to_owned(),
            None => self.address.of_dataset(&dataset.slug, "licence"),
        }
    }

    pub(super) fn of_licence(&mut self, dataset: &Dataset) {
        let Some(licence) = &dataset.stewardship.licence else {
            return;
        };
        let iri = self.licence_iri(dataset, licence);
        let thing = self
            .graph
            .about(&iri)
            .is(DCT, "LicenseDocument")
            .word(DCT, "title", &licence.name);
        if web(&licence.url).is_none() {
            thing.word(RDFS, "comment", &licence.url);
        }
    }
}
