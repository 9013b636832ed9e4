//! A dataset in the words of schema.org, for the head of its page, after what Google's dataset search asks for.

use serde_json::{Map, Value, json};

use super::Address;
use super::address::web;
use super::{units, words};
use crate::feeds::semantics;
use crate::model::{Access, BoundingBox, Catalogue, Dataset, Field, FieldUnit, Licence, Party};

/// Descriptions that are shorter, or longer, are not taken by Google.
const DESCRIPTION_MIN: usize = 50;
const DESCRIPTION_MAX: usize = 5_000;

/// A dataset as JSON-LD.
pub fn dataset(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> Value {
    let iri = address.dataset(&dataset.slug);
    let mut object = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    say("@context", Some("https://schema.org/".into()));
    say("@type", Some("Dataset".into()));
    say("@id", Some(iri.as_str().into()));
    say("url", Some(iri.as_str().into()));
    say("name", Some(words::title(dataset).into()));
    say("description", Some(description(dataset).into()));
    say("identifier", Some(dataset.slug.as_str().into()));
    say("inLanguage", Some(catalogue.language.as_str().into()));
    say(
        "keywords",
        list(dataset.keywords.iter().map(|word| word.as_str().into())),
    );
    say("version", words::version(dataset).map(Value::from));
    say(
        "datePublished",
        words::issued(dataset).map(|at| words::instant(at).into()),
    );
    say(
        "dateModified",
        words::modified(dataset).map(|at| words::instant(at).into()),
    );
    say("license", dataset.stewardship.licence.as_ref().map(licence));
    let creator = dataset.stewardship.owner.as_ref().unwrap_or(&catalogue.publisher);
    say("creator", Some(organization(creator)));
    say("publisher", Some(organization(&catalogue.publisher)));
    say("temporalCoverage", words::interval(dataset).map(Value::from));
    say("spatialCoverage", dataset.extent.bounding_box.map(place));
    say(
        "variableMeasured",
        list(dataset.fields.iter().map(|field| variable(dataset, field))),
    );
    say("distribution", list(downloads(dataset, address)));
    say("includedInDataCatalog", Some(data_catalog(catalogue, address)));
    say("isBasedOn", list(sources(catalogue, dataset, address)));
    say("subjectOf", Some(contract(dataset, address)));
    // Behind a key nobody knows what the key costs.
    say(
        "isAccessibleForFree",
        (dataset.access == Access::Anybody).then_some(true.into()),
    );
    object.into()
}

/// A value for a `<script>` of a page: nothing in it ends the script, or begins a comment of HTML.
pub fn for_script(value: &Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// What it is, within the length that is taken: followed by what its fields are where it is too short.
fn description(dataset: &Dataset) -> String {
    let mut said = words::description(dataset).into_owned();
    if said.trim().chars().count() < DESCRIPTION_MIN {
        let fields: Vec<&str> = dataset.fields.iter().map(|field| field.name.as_str()).collect();
        said = match fields.as_slice() {
            [] => format!("{said} It has no fields, and lies in {}.", words::stored(dataset)),
            fields => format!(
                "{said} Each of its items has these fields: {}.",
                fields.join(", ")
            ),
        };
    }
    if said.trim().chars().count() < DESCRIPTION_MIN {
        said = format!("{said} It is one of the datasets of Fieldbook's catalogue.");
    }
    if said.chars().count() > DESCRIPTION_MAX {
        let kept: String = said.chars().take(DESCRIPTION_MAX - 1).collect();
        said = format!("{kept}…");
    }
    said
}

fn licence(licence: &Licence) -> Value {
    match web(&licence.url) {
        Some(url) => url.into(),
        None => json!({ "@type": "CreativeWork", "name": licence.name, "description": licence.url }),
    }
}

fn organization(party: &Party) -> Value {
    let mut object = Map::new();
    object.insert("@type".to_owned(), "Organization".into());
    object.insert("name".to_owned(), party.name.as_str().into());
    if let Some(url) = party.homepage.as_deref().and_then(web) {
        object.insert("url".to_owned(), url.into());
    }
    if let Some(email) = &party.email {
        object.insert("email".to_owned(), email.as_str().into());
    }
    object.into()
}

fn place(bounds: BoundingBox) -> Value {
    let BoundingBox {
        south,
        west,
        north,
        east,
    } = bounds;
    let around = format!("{south} {west} {north} {east}");
    json!({ "@type": "Place", "geo": { "@type": "GeoShape", "box": around } })
}

/// A field as a variable: its unit for people and, where there is one, as a code of UN/CEFACT; otherwise the unit's address.
fn variable(dataset: &Dataset, field: &Field) -> Value {
    let mut object = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    let (min, max) = words::range(field.range);
    say("@type", Some("PropertyValue".into()));
    say("name", Some(field.name.as_str().into()));
    say("description", words::meaning(field).map(Value::from));
    say("unitText", words::unit(field).map(Value::from));
    if let FieldUnit::Known { ucum, qudt, .. } = &field.unit {
        say("unitCode", Some(units::un_cefact(ucum).unwrap_or(qudt).into()));
    }
    say("propertyID", semantics::property(dataset, field).map(Value::from));
    say("minValue", min.map(Value::from));
    say("maxValue", max.map(Value::from));
    object.into()
}

fn downloads(dataset: &Dataset, address: &Address) -> impl Iterator<Item = Value> {
    let downloads = dataset
        .distributions
        .iter()
        .filter(|distribution| distribution.is_download);
    downloads.map(|distribution| {
        json!({
            "@type": "DataDownload",
            "name": distribution.title,
            "description": distribution.description,
            "contentUrl": address.path(distribution.path),
            "encodingFormat": distribution.media_type,
        })
    })
}

fn data_catalog(catalogue: &Catalogue, address: &Address) -> Value {
    json!({ "@type": "DataCatalog", "name": catalogue.title, "url": address.home() })
}

/// What it is made from, of that which is in the catalogue.
fn sources(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> impl Iterator<Item = Value> {
    let sources = dataset
        .derived_from
        .iter()
        .filter_map(|slug| catalogue.dataset(slug));
    sources.map(|source| address.dataset(&source.slug).into())
}

fn contract(dataset: &Dataset, address: &Address) -> Value {
    json!({
        "@type": "DigitalDocument",
        "name": format!("Contract of {}", words::title(dataset)),
        "encodingFormat": "application/yaml",
        "url": address.contract(&dataset.slug),
    })
}

/// A list that holds anything.
fn list(values: impl Iterator<Item = Value>) -> Option<Value> {
    let values: Vec<Value> = values.collect();
    (!values.is_empty()).then(|| values.into())
}
