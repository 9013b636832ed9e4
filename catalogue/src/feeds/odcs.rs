//! The contract of a dataset: Open Data Contract Standard 3.1.0, as YAML.
//!
//! What the standard has no place for, units above all, stands in custom properties. What is measured and not promised is
//! no part of a contract.

mod document;
mod properties;
mod quality;
mod servers;

use super::Address;
use super::address::{mailto, uuid, web};
use super::words;
use crate::model::{Access, Catalogue, Dataset, Party, Promise, Stored};

use self::document::{
    Authority, Contract, Custom, Description, Member, Role, SchemaObject, ServiceLevel, Support, Team, Value,
};

const API_VERSION: &str = "v3.1.0";

/// A dataset that was not kept yet has no version; its contract is a draft.
const NO_VERSION: &str = "0.0.0";

/// A dataset's contract.
pub fn contract(catalogue: &Catalogue, dataset: &Dataset, address: &Address) -> String {
    yaml(&document(catalogue, dataset, address))
}

fn yaml(contract: &Contract<'_>) -> String {
    let options = serde_saphyr::ser_options! {
        // Folded lines would be another text to a reader who is careless with them.
        prefer_block_scalars: false,
    };
    serde_saphyr::to_string_with_options(contract, options)
        .expect("a contract holds nothing that YAML cannot say")
}

fn document<'a>(catalogue: &'a Catalogue, dataset: &'a Dataset, address: &Address) -> Contract<'a> {
    let created = dataset.release().map(|release| release.released_at);
    Contract {
        api_version: API_VERSION,
        kind: "DataContract",
        id: uuid(&address.dataset(&dataset.slug)).to_string(),
        name: words::title(dataset),
        version: words::version(dataset).unwrap_or_else(|| NO_VERSION.to_owned()),
        status: match (created, &dataset.deprecation) {
            (None, _) => "draft",
            (Some(_), Some(_)) => "deprecated",
            (Some(_), None) => "active",
        },
        tags: &dataset.keywords,
        description: description(dataset),
        authoritative_definitions: authorities(dataset, address),
        servers: servers::of(dataset, address),
        schema: vec![schema(catalogue, dataset)],
        support: support(catalogue, dataset, address),
        team: dataset
            .stewardship
            .owner
            .as_ref()
            .map(|owner| team(owner, dataset)),
        roles: vec![role(dataset)],
        sla_properties: service_levels(dataset),
        custom_properties: customs(dataset, address),
        contract_created_ts: words::instant(created.unwrap_or(catalogue.computed_at)),
    }
}

fn description(dataset: &Dataset) -> Description<'_> {
    let mut limitations = words::problems(dataset);
    limitations.extend(dataset.deprecation.as_ref().map(words::deprecated));
    Description {
        purpose: words::description(dataset),
        limitations: (!limitations.is_empty()).then(|| limitations.join("\n")),
    }
}

fn authorities(dataset: &Dataset, address: &Address) -> Vec<Authority> {
    let mut authorities = vec![
        Authority::new("businessDefinition", address.dataset(&dataset.slug)),
        Authority::new("implementation", address.path("/graphql/schema.graphql")),
    ];
    if let Some(url) = dataset
        .stewardship
        .licence
        .as_ref()
        .and_then(|licence| web(&licence.url))
    {
        authorities.push(Authority::new("license", url.to_owned()));
    }
    authorities
}

fn schema<'a>(catalogue: &'a Catalogue, dataset: &'a Dataset) -> SchemaObject<'a> {
    let (physical_name, physical_type) = match &dataset.stored {
        Stored::Table {
            name, is_view: true, ..
        } => (name, "view"),
        Stored::Table { name, .. } => (name, "table"),
        Stored::Objects { prefix, .. } => (prefix, "file"),
    };
    SchemaObject {
        name: &dataset.name,
        physical_name,
        logical_type: "object",
        physical_type,
        business_name: words::title(dataset),
        description: words::description(dataset),
        data_granularity_description: granularity(dataset),
        quality: quality::of_dataset(dataset),
        properties: properties::of(catalogue, dataset),
    }
}

/// What one item stands for.
fn granularity(dataset: &Dataset) -> Option<String> {
    let key: Vec<&str> = dataset.key().map(|field| field.name.as_str()).collect();
    (!key.is_empty()).then(|| format!("One item for each {}.", key.join(", ")))
}

fn support<'a>(catalogue: &'a Catalogue, dataset: &'a Dataset, address: &Address) -> Vec<Support<'a>> {
    let party = dataset
        .stewardship
        .contact
        .as_ref()
        .unwrap_or(&catalogue.publisher);
    let mut channels = Vec::new();
    if let Some(email) = &party.email {
        channels.push(Support {
            channel: email,
            url: mailto(email),
            tool: "email",
            scope: "interactive",
        });
    }
    if let Some(url) = party.homepage.as_deref().and_then(web) {
        channels.push(Support {
            channel: &party.name,
            url: url.to_owned(),
            tool: "other",
            scope: "interactive",
        });
    }
    channels.push(Support {
        channel: "versions",
        url: address.versions(&dataset.slug),
        tool: "other",
        scope: "announcements",
    });
    channels
}

fn team<'a>(owner: &'a Party, dataset: &'a Dataset) -> Team<'a> {
    let member = |party: &'a Party, role| Member {
        username: party.email.as_deref().unwrap_or(&party.name),
        name: &party.name,
        role,
    };
    let contact = dataset.stewardship.contact.as_ref();
    let contact = contact.map(|contact| member(contact, "contact"));
    Team {
        name: &owner.name,
        members: [Some(member(owner, "owner")), contact]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn role(dataset: &Dataset) -> Role {
    let description = match dataset.access {
        Access::Anybody => "Anybody who reaches the service reads it; a key is not needed.",
        Access::WithKey => "Who shows a key or a token that this dataset is open to reads it.",
    };
    Role {
        role: "reader",
        access: "read",
        description,
    }
}

/// What is promised, and nothing besides.
fn service_levels(dataset: &Dataset) -> Vec<ServiceLevel> {
    let Promise {
        late_after_seconds: late,
        stale_after_seconds: stale,
        retention_seconds: retention,
        ..
    } = dataset.stewardship.promise;
    let element = words::time_field(dataset).map(|field| format!("{}.{}", dataset.name, field.name));
    let mut levels = Vec::new();
    // Validators know `freshness`, the standard prefers `latency`.
    if let Some(length) = stale.and_then(words::duration) {
        levels.push(ServiceLevel {
            id: "stale",
            property: "freshness",
            value: Value::Text(length),
            unit: None,
            element: element.clone(),
            description: "Older than this it is stale: not to be relied on.",
        });
    }
    for (id, seconds, description) in [
        ("late", late, "Older than this it is late."),
        (
            "latency",
            stale,
            "Older than this it is stale: not to be relied on.",
        ),
    ] {
        if let Some(seconds) = seconds.filter(|seconds| words::duration(*seconds).is_some()) {
            levels.push(ServiceLevel {
                id,
                property: "latency",
                value: Value::Number(seconds),
                unit: Some("s"),
                element: element.clone(),
                description,
            });
        }
    }
    if let Some(length) = retention.and_then(words::duration) {
        levels.push(ServiceLevel {
            id: "retention",
            property: "retention",
            value: Value::Text(length),
            unit: None,
            // Without an element: it is promised to be kept so long, not to be gone afterwards, which is what a
            // validator would look for.
            element: None,
            description: "It is kept at least so long.",
        });
    }
    levels
}

fn customs(dataset: &Dataset, address: &Address) -> Vec<Custom> {
    let text = |property, value: Option<String>| Some(Custom::text(property, value?));
    let licence = dataset.stewardship.licence.as_ref();
    let number = |property, value: Option<f64>| {
        let value = value.filter(|value| value.is_finite())?;
        Some(Custom::number(property, value))
    };
    let customs = [
        text("slug", Some(dataset.slug.clone())),
        text("kind", Some(dataset.kind.as_str().to_owned())),
        text("license", licence.map(|licence| licence.name.clone())),
        text("temporalCoverage", words::interval(dataset)),
        text(
            "temporalResolution",
            dataset.extent.resolution_seconds.and_then(words::duration),
        ),
        number("promisedCompleteness", dataset.stewardship.promise.completeness),
        text(
            "removedOn",
            dataset
                .deprecation
                .as_ref()
                .and_then(|deprecation| deprecation.removed_on)
                .map(|day| day.to_string()),
        ),
        text("catalogue", Some(address.catalogue_turtle())),
    ];
    customs.into_iter().flatten().collect()
}
