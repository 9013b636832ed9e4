//! Atom (RFC 4287): what is new of one dataset or of all, for those who want to hear of a change before it bites: releases,
//! announcements of stewards, incidents.

mod entry;

use std::io;

use chrono::{DateTime, Utc};
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesText, Event};

use self::entry::Entry;
use super::Address;
use super::address::{mailbox, uuid, web};
use super::words;
use crate::model::{Catalogue, Dataset, Party};

/// The newest releases of a feed, as many announcements and as many incidents, and no more of them: none of these crowds out
/// the others.
pub const ENTRIES_MAX: usize = 100;

const NAMESPACE: &str = "http://www.w3.org/2005/Atom";

type Xml = Writer<Vec<u8>>;

struct Feed<'a> {
    /// Where it is read.
    own: String,
    /// The page that it is about.
    about: String,
    title: String,
    author: &'a Party,
    language: &'a str,
    /// When there is no entry yet.
    otherwise: DateTime<Utc>,
    entries: Vec<Entry<'a>>,
}

/// What is new of all datasets.
pub fn of_catalogue(catalogue: &Catalogue, address: &Address) -> String {
    let own = address.catalogue_atom();
    let title = format!("{}: changes", catalogue.title);
    rendered(
        catalogue,
        address,
        own,
        address.home(),
        title,
        &catalogue.datasets,
    )
}

/// What is new of one dataset.
pub fn of_dataset(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> String {
    let own = address.versions(&dataset.slug);
    let about = address.dataset(&dataset.slug);
    let title = format!("{}: changes", words::title(dataset));
    rendered(
        catalogue,
        address,
        own,
        about,
        title,
        std::slice::from_ref(dataset),
    )
}

fn rendered(
    catalogue: &Catalogue,
    address: &Address,
    own: String,
    about: String,
    title: String,
    datasets: &[Dataset],
) -> String {
    let feed = Feed {
        own,
        about,
        title,
        author: &catalogue.publisher,
        language: &catalogue.language,
        otherwise: catalogue.computed_at,
        entries: entry::newest(datasets, ENTRIES_MAX),
    };
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    feed.write(&mut xml, address)
        .expect("writing into memory does not fail");
    String::from_utf8(xml.into_inner()).expect("all that was written is UTF-8")
}

impl Feed<'_> {
    fn write(&self, xml: &mut Xml, address: &Address) -> io::Result<()> {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let updated = self.entries.first().map(Entry::updated);
        xml.create_element("feed")
            .with_attributes([("xmlns", NAMESPACE), ("xml:lang", &attribute(self.language))])
            .write_inner_content(|xml| {
                element(xml, "id", &uuid(&self.own).urn().to_string())?;
                element(xml, "title", &self.title)?;
                element(xml, "updated", &words::instant(updated.unwrap_or(self.otherwise)))?;
                link(xml, "self", "application/atom+xml", &self.own)?;
                link(xml, "alternate", "text/html", &self.about)?;
                author(xml, self.author)?;
                for entry in &self.entries {
                    write_entry(xml, entry, address)?;
                }
                Ok(())
            })?;
        Ok(())
    }
}

fn write_entry(xml: &mut Xml, entry: &Entry<'_>, address: &Address) -> io::Result<()> {
    let slug = &entry.dataset.slug;
    let page = address.of_dataset(slug, &entry.fragment());
    xml.create_element("entry").write_inner_content(|xml| {
        element(xml, "id", &uuid(&page).urn().to_string())?;
        element(xml, "title", &entry.title())?;
        element(xml, "published", &words::instant(entry.published()))?;
        element(xml, "updated", &words::instant(entry.updated()))?;
        link(xml, "alternate", "text/html", &page)?;
        link(xml, "related", "application/yaml", &address.contract(slug))?;
        category(xml, slug)?;
        for term in entry.categories() {
            category(xml, term)?;
        }
        element(xml, "summary", &entry.summary())
    })?;
    Ok(())
}

fn author(xml: &mut Xml, party: &Party) -> io::Result<()> {
    xml.create_element("author").write_inner_content(|xml| {
        element(xml, "name", &party.name)?;
        if let Some(homepage) = party.homepage.as_deref().and_then(web) {
            element(xml, "uri", homepage)?;
        }
        if let Some(email) = party.email.as_deref().and_then(mailbox) {
            element(xml, "email", email)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn link(xml: &mut Xml, relation: &str, media_type: &str, address: &str) -> io::Result<()> {
    xml.create_element("link")
        .with_attributes([("rel", relation), ("type", media_type), ("href", address)])
        .write_empty()?;
    Ok(())
}

fn category(xml: &mut Xml, term: &str) -> io::Result<()> {
    xml.create_element("category")
        .with_attribute(("term", attribute(term).as_str()))
        .write_empty()?;
    Ok(())
}

fn element(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    let escaped = escape(sayable(text)).replace('\r', "&#13;");
    xml.create_element(name)
        .write_text_content(BytesText::from_escaped(escaped))?;
    Ok(())
}

/// Of what an attribute may hold, that which every reader gives back as it is.
fn attribute(text: &str) -> String {
    sayable(text).replace(['\t', '\n', '\r'], " ")
}

/// A text without what XML 1.0 has no way to say, not even escaped.
fn sayable(text: &str) -> String {
    let sayable = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars()
        .map(|c| {
            if sayable(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}
