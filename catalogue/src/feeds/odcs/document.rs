//! The parts of a contract under the names that the standard gives them. It takes no others.

#![expect(clippy::struct_field_names, reason = "the standard's names")]

use std::borrow::Cow;

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract<'a> {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: &'a str,
    pub(super) version: String,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) tags: &'a [String],
    pub(super) description: Description<'a>,
    pub(super) authoritative_definitions: Vec<Authority>,
    pub(super) servers: Vec<Server>,
    pub(super) schema: Vec<SchemaObject<'a>>,
    pub(super) support: Vec<Support<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team: Option<Team<'a>>,
    pub(super) roles: Vec<Role>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sla_properties: Vec<ServiceLevel>,
    pub(super) custom_properties: Vec<Custom>,
    pub(super) contract_created_ts: String,
}

#[derive(Serialize)]
pub(super) struct Description<'a> {
    pub(super) purpose: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limitations: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Authority {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
}

impl Authority {
    pub(super) fn new(kind: &'static str, url: String) -> Self {
        Self { kind, url }
    }
}

/// Which of the fields a server has depends on its type.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Server {
    pub(super) server: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoint_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delimiter: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemaObject<'a> {
    pub(super) name: &'a str,
    pub(super) physical_name: &'a str,
    pub(super) logical_type: &'static str,
    pub(super) physical_type: &'static str,
    pub(super) business_name: &'a str,
    pub(super) description: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_granularity_description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quality: Vec<Rule>,
    pub(super) properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    pub(super) physical_name: &'a str,
    pub(super) logical_type: &'static str,
    pub(super) physical_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logical_type_options: Option<Options>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) required: bool,
    pub(super) primary_key: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) primary_key_position: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) examples: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) transform_source_objects: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) authoritative_definitions: Vec<Authority>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) custom_properties: Vec<Custom>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quality: Vec<Rule>,
}

#[derive(Serialize)]
pub(super) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minimum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<f64>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metric: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<Arguments>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) must_be: Option<u64>,
    pub(super) dimension: &'static str,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Arguments {
    /// The columns that are taken together.
    Properties(Vec<String>),
    /// The only values that there may be.
    ValidValues(Vec<u8>),
}

#[derive(Serialize)]
pub(super) struct Support<'a> {
    pub(super) channel: &'a str,
    pub(super) url: String,
    pub(super) tool: &'static str,
    pub(super) scope: &'static str,
}

#[derive(Serialize)]
pub(super) struct Team<'a> {
    pub(super) name: &'a str,
    pub(super) members: Vec<Member<'a>>,
}

#[derive(Serialize)]
pub(super) struct Member<'a> {
    pub(super) username: &'a str,
    pub(super) name: &'a str,
    pub(super) role: &'static str,
}

#[derive(Serialize)]
pub(super) struct Role {
    pub(super) role: &'static str,
    pub(super) access: &'static str,
    pub(super) description: &'static str,
}

#[derive(Serialize)]
pub(super) struct ServiceLevel {
    pub(super) id: &'static str,
    pub(super) property: &'static str,
    pub(super) value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) element: Option<String>,
    pub(super) description: &'static str,
}

#[derive(Serialize)]
pub(super) struct Custom {
    property: &'static str,
    value: Value,
}

impl Custom {
    pub(super) fn text(property: &'static str, value: String) -> Self {
        Self {
            property,
            value: Value::Text(value),
        }
    }

    pub(super) fn number(property: &'static str, value: f64) -> Self {
        Self {
            property,
            value: Value::Number(value),
        }
    }
}

/// What the standard leaves open.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Text(String),
    Number(f64),
}
