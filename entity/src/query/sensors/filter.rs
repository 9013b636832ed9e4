//! A [`SensorFilter`] as a condition on rows of `sensor`. Every value of it is a parameter.

use sea_orm::Condition;
use sea_orm::sea_query::{Expr, SimpleExpr};
use serde_json::json;

use super::{BoundingBox, Near, SensorFilter};
use crate::sql;

pub(super) fn condition(filter: &SensorFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(uuids) = &filter.uuids {
        all = all.add(Expr::cust_with_values("uuid = ANY($1)", [uuids.clone()]));
    }
    let lists = [
        ("name = ANY($1)", &filter.names),
        ("source = ANY($1)", &filter.sources),
        ("type = ANY($1)", &filter.kinds),
        ("(unit = ANY($1) OR unit_ucum = ANY($1))", &filter.units),
    ];
    for (condition, list) in lists {
        if let Some(list) = list {
            // A text that no row can hold matches none.
            let list: Vec<String> = list
                .iter()
                .filter(|text| sql::is_storable(text))
                .cloned()
                .collect();
            all = all.add(Expr::cust_with_values(condition, [list]));
        }
    }
    for (key, value) in &filter.labels {
        all = all.add(label(key, value.as_deref()));
    }
    for word in filter.text.iter().flat_map(|text| text.split_whitespace()) {
        all = all.add(contains(word));
    }
    if let Some(bounds) = &filter.within {
        all = all.add(inside(bounds));
    }
    if let Some(near) = &filter.near {
        all = all.add(around(near));
    }
    if let Some(declared) = filter.declared {
        all = all.add(Expr::cust_with_values("declared = $1", [declared]));
    }
    all
}

fn label(key: &str, value: Option<&str>) -> SimpleExpr {
    if !sql::is_storable(key) || !value.is_none_or(sql::is_storable) {
        return Expr::cust("false");
    }
    match value {
        Some(value) => Expr::cust_with_values("labels @> $1", [json!({ key: value })]),
        None => Expr::cust_with_values("labels -> $1 IS NOT NULL", [key]),
    }
}

fn contains(word: &str) -> SimpleExpr {
    if !sql::is_storable(word) {
        return Expr::cust("false");
    }
    let somewhere = "(name ILIKE $1 OR description ILIKE $1 OR type ILIKE $1 \
                     OR EXISTS (SELECT FROM jsonb_each_text(labels) AS label WHERE label.value ILIKE $1))";
    Expr::cust_with_values(somewhere, [pattern(word)])
}

/// A pattern of ILIKE that finds `word` anywhere, with its wildcards taken as they stand.
fn pattern(word: &str) -> String {
    format!(
        "%{}%",
        word.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
    )
}

fn inside(bounds: &BoundingBox) -> Condition {
    let mut lng = Condition::any();
    lng = if bounds.west <= bounds.east {
        lng.add(Expr::cust_with_values(
            "lng BETWEEN $1 AND $2",
            [bounds.west, bounds.east],
        ))
    } else {
        lng.add(Expr::cust_with_values("lng >= $1", [bounds.west]))
            .add(Expr::cust_with_values("lng <= $1", [bounds.east]))
    };
    // The date line has two numbers.
    if bounds.east >= 180.0 {
        lng = lng.add(Expr::cust("lng = -180"));
    }
    if bounds.west <= -180.0 {
        lng = lng.add(Expr::cust("lng = 180"));
    }
    Condition::all()
        .add(Expr::cust_with_values(
            "lat BETWEEN $1 AND $2",
            [bounds.south, bounds.north],
        ))
        .add(lng)
}

/// The haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984), on a sphere of the
/// Earth's mean radius R1 (GRS 80). Rounding may bring the root above 1 at the antipode. `least` passes over nulls, so
/// sensors without a place are left out by name.
fn around(near: &Near) -> SimpleExpr {
    let distance = "lat IS NOT NULL AND lng IS NOT NULL AND 2 * 6371008.8 * asin(least(1, sqrt(\
                    power(sin(radians(lat - $1) / 2), 2) \
                    + cos(radians($1)) * cos(radians(lat)) * power(sin(radians(lng - $2) / 2), 2)))) <= $3";
    Expr::cust_with_values(distance, [near.centre.lat, near.centre.lng, near.metres])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_taken_as_they_stand() {
        assert_eq!(pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
