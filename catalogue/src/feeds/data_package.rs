//! Data Package 2.0 (`datapackage.json`): the files that one can get, with the schema of each, and what each field of the
//! dataset means as a table of its own.

pub mod columns;
mod fields;

use serde_json::{Map, Value, json};

use super::Address;
use super::address::{mailbox, uuid, web};
use super::words;
use crate::model::{Catalogue, Dataset, Distribution, Licence, Party};

const PROFILE: &str = "https://datapackage.org/profiles/2.0/datapackage.json";

/// A dataset's descriptor.
pub fn descriptor(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> String {
    format!("{:#}\n", package(catalogue, dataset, address))
}

fn package(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> Value {
    let iri = address.dataset(&dataset.slug);
    let mut object = Object::default();
    object.say("$schema", PROFILE);
    object.say("name", name(&dataset.slug));
    object.say("id", uuid(&iri).to_string());
    object.say("title", words::title(dataset));
    object.say("description", words::description(dataset).as_ref());
    // The standard has no word for it, and lets one be added.
    object.maybe("deprecated", dataset.deprecation.as_ref().map(words::deprecated));
    object.say("homepage", iri.as_str());
    object.maybe("version", words::version(dataset));
    object.say("created", words::instant(catalogue.computed_at));
    object.list(
        "keywords",
        dataset.keywords.iter().map(|word| word.as_str().into()),
    );
    object.list("licenses", dataset.stewardship.licence.iter().map(licence));
    object.list("contributors", contributors(catalogue, dataset).into_iter());
    let sources = dataset
        .derived_from
        .iter()
        .filter_map(|slug| catalogue.dataset(slug));
    object.list("sources", sources.map(|source| of_source(source, address)));
    object.maybe("temporalCoverage", words::interval(dataset));
    let files = dataset
        .distributions
        .iter()
        .filter(|distribution| distribution.is_download);
    let files = files.map(|file| resource(dataset, file, address));
    object.list("resources", files.chain([fields::resource(dataset)]));
    object.into()
}

/// The name of a package or resource: what is neither a letter of ASCII, a digit, a hyphen, a dot nor a low line is a hyphen.
fn name(slug: &str) -> String {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    slug.chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if sound(c) { c } else { '-' })
        .collect()
}

/// A name is an identifier in this standard, so that of people is the title.
fn licence(licence: &Licence) -> Value {
    let mut object = Object::default();
    let is_identifier = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let url = web(&licence.url);
    let identifier =
        (!licence.name.is_empty() && licence.name.chars().all(is_identifier)).then_some(&*licence.name);
    // One of the two must be there.
    let identifier = identifier.or(url.is_none().then_some("other"));
    object.maybe("name", identifier);
    object.maybe("path", url);
    object.say("title", licence.name.as_str());
    object.into()
}

fn contributors(catalogue: &Catalogue, dataset: &Dataset) -> Vec<Value> {
    let stewardship = &dataset.stewardship;
    let publisher = Some((&catalogue.publisher, "publisher"));
    let owner = stewardship.owner.as_ref().map(|owner| (owner, "creator"));
    let contact = stewardship.contact.as_ref().map(|contact| (contact, "contact"));
    let all = [publisher, owner, contact].into_iter().flatten();
    all.map(|(party, role)| contributor(party, role)).collect()
}

fn contributor(party: &Party, role: &str) -> Value {
    let mut object = Object::default();
    object.say("title", party.name.as_str());
    object.maybe("path", party.homepage.as_deref().and_then(web));
    object.maybe("email", party.email.as_deref().and_then(mailbox));
    object.say("roles", json!([role]));
    object.into()
}

fn of_source(source: &Dataset, address: &Address) -> Value {
    let mut object = Object::default();
    object.say("title", words::title(source));
    object.say("path", address.dataset(&source.slug));
    object.maybe("version", words::version(source));
    object.into()
}

/// A file that one can get. Of one whose columns are known the schema is said, too.
fn resource(dataset: &Dataset, file: &Distribution, address: &Address) -> Value {
    let columns = columns::of(file.path);
    let mut object = Object::default();
    object.say("name", name(file.slug));
    object.say("title", file.title);
    object.say("description", file.description);
    object.say("path", address.path(file.path));
    object.say("mediatype", file.media_type);
    object.say("format", name(file.slug));
    if file.media_type.starts_with("text/") || file.media_type.ends_with("json") {
        object.say("encoding", "utf-8");
    }
    if let Some(columns) = columns {
        object.say("type", "table");
        object.say("schema", columns::schema(dataset, columns));
    }
    object.into()
}

/// An object of JSON, in the making.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn say(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn maybe(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.say(name, value);
        }
    }

    /// A list, where it holds anything: this standard takes no empty ones.
    fn list(&mut self, name: &str, values: impl Iterator<Item = Value>) {
        let values: Vec<Value> = values.collect();
        if !values.is_empty() {
            self.say(name, values);
        }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.0.into()
    }
}
