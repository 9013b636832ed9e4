//! `/glossary`: quantities and their units, where they are used, and the ways between units.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::{View, render};
use crate::chrome::Chrome;
use crate::error::Problem;
use crate::words;

#[derive(Deserialize)]
struct Answer {
    units: Vec<Unit>,
    datasets: Option<Datasets>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unit {
    ucum: String,
    symbol: String,
    qudt: String,
    quantity_kind: String,
    written: Vec<String>,
    conversions: Vec<Conversion>,
}

#[derive(Deserialize)]
struct Conversion {
    symbol: String,
    scale: f64,
    offset: f64,
    divisor: f64,
}

impl Conversion {
    /// `1 kW = 1000 W`; with an offset what a value becomes, `value × 9 ÷ 5 + 32`.
    fn words(&self, from: &str) -> String {
        if self.offset == 0.0 {
            return format!(
                "1 {from} = {} {}",
                words::value(self.scale / self.divisor),
                self.symbol
            );
        }
        let number = |value: f64| words::value(value);
        let sign = if self.offset < 0.0 { '−' } else { '+' };
        format!(
            "{from} → {}: (value × {} {sign} {}) ÷ {}",
            self.symbol,
            number(self.scale),
            number(self.offset.abs()),
            number(self.divisor)
        )
    }
}

#[derive(Deserialize)]
struct Datasets {
    facets: Facets,
    nodes: Vec<Dataset>,
}

#[derive(Deserialize)]
struct Facets {
    units: Vec<FacetCount>,
}

#[derive(Deserialize)]
struct FacetCount {
    value: String,
}

#[derive(Deserialize)]
struct Dataset {
    slug: String,
    title: String,
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    unit: Option<FieldUnit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldUnit {
    quantity_kind: Option<String>,
}

/// A field of a dataset, by address.
struct Use<'a> {
    dataset: &'a Dataset,
    field: &'a str,
}

#[derive(Template)]
#[template(path = "glossary.html")]
struct Page {
    chrome: Chrome,
    units: Vec<Unit>,
    datasets: Vec<Dataset>,
    used: Vec<String>,
}

impl Page {
    /// Units by what they measure.
    fn kinds(&self) -> BTreeMap<&str, Vec<&Unit>> {
        let mut kinds: BTreeMap<&str, Vec<&Unit>> = BTreeMap::new();
        for unit in &self.units {
            kinds.entry(&unit.quantity_kind).or_default().push(unit);
        }
        kinds
    }

    fn is_used(&self, unit: &Unit) -> bool {
        self.used.contains(&unit.ucum)
    }

    /// Fields that are always of this kind of quantity.
    fn uses(&self, kind: &str) -> Vec<Use<'_>> {
        let is = |field: &&Field| {
            let unit = field.unit.as_ref();
            unit.is_some_and(|unit| unit.quantity_kind.as_deref() == Some(kind))
        };
        let of = |dataset: &'_ Dataset| -> Vec<usize> {
            let places = dataset.fields.iter().enumerate();
            places
                .filter(|(_, field)| is(field))
                .map(|(place, _)| place)
                .collect()
        };
        let mut uses = Vec::new();
        for dataset in &self.datasets {
            for place in of(dataset) {
                uses.push(Use {
                    dataset,
                    field: &dataset.fields[place].name,
                });
            }
        }
        uses
    }
}

/// `VolumeFlowRate` as `Volume flow rate`.
fn title(kind: &str) -> String {
    let mut title = String::with_capacity(kind.len() + 4);
    for letter in kind.chars() {
        if letter.is_uppercase() && !title.is_empty() {
            title.push(' ');
            title.extend(letter.to_lowercase());
        } else {
            title.push(letter);
        }
    }
    title
}

pub(crate) async fn page(view: View) -> Result<Response, Problem> {
    let visitor = &view.visitor;
    let (chrome, answer) = tokio::join!(
        Chrome::of(visitor, view.path()),
        visitor.ask::<Answer>(include_str!("../../queries/glossary.graphql"), Value::Null),
    );
    let Answer { units, datasets } = answer?;
    let (datasets, used) = datasets.map_or_else(Default::default, |found| {
        let used = found.facets.units.into_iter().map(|unit| unit.value);
        (found.nodes, used.collect())
    });
    Ok(render(&Page {
        chrome,
        units,
        datasets,
        used,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_said_as_one_would_reckon() {
        let to = |symbol: &str, scale, offset, divisor| Conversion {
            symbol: symbol.to_owned(),
            scale,
            offset,
            divisor,
        };
        assert_eq!(to("W", 1000.0, 0.0, 1.0).words("kW"), "1 kW = 1000 W");
        assert_eq!(
            to("°F", 9.0, 160.0, 5.0).words("°C"),
            "°C → °F: (value × 9 + 160) ÷ 5"
        );
        assert_eq!(title("VolumeFlowRate"), "Volume flow rate");
    }
}
