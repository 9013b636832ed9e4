//! What the fuzz targets in `fuzz/` call of this crate's inside; not for anybody else.

use entity::query::readings::Direction;
use entity::query::sensors::SensorOrder;

use crate::ask::cursor;
use crate::graphql::document::{self, Parsed};
use crate::http::parameters;
use crate::options::Limits;
use crate::rest::parameters::Parameters;

/// Reads a cursor of one of nine lists; what was accepted is written again.
pub fn cursor(list: u8, text: &str) -> Option<String> {
    let direction = match list % 9 {
        0 => Direction::Asc,
        1 => Direction::Desc,
        8 => {
            let (key, at) = cursor::to_bucket("after", text).ok()?;
            return Some(cursor::of_bucket(&key, at));
        }
        other => {
            let order = match other {
                2 => SensorOrder::NameAsc,
                3 => SensorOrder::NameDesc,
                4 => SensorOrder::TypeAsc,
                5 => SensorOrder::TypeDesc,
                6 => SensorOrder::ActiveSinceAsc,
                _ => SensorOrder::ActiveSinceDesc,
            };
            let key = cursor::to_sensor("after", text, order).ok()?;
            return Some(cursor::of_sensor(&key, order));
        }
    };
    let key = cursor::to_reading("after", text, direction).ok()?;
    Some(cursor::of_reading(key, direction))
}

/// Reads an address's query as GraphQL, REST and OData do, and the document in it.
pub fn address(query: &str) {
    let Ok(uri) = format!("/sensors/?{query}").parse() else {
        return;
    };
    if let Ok(parameters) = Parameters::of(&uri, &["sensor", "from", "to", "first"]) {
        let _ = parameters.text("sensor");
        let _ = parameters.int("first");
        for name in ["from", "to"] {
            // A time that is accepted is one that the answer can say.
            if let Ok(Some(time)) = parameters.time(name) {
                assert_eq!(
                    crate::ask::time::parse(&crate::ask::time::format(time)),
                    Some(time),
                    "{name} of {query}"
                );
            }
        }
    }
    crate::odata::understands(&uri);
    if let Ok(asked) = parameters::of_uri(&uri) {
        let limits = Limits::default();
        let operation = asked.operation_name.as_deref();
        let _ = document::check(
            &Parsed::default(),
            &asked.query,
            operation,
            &asked.variables,
            &limits,
        );
    }
}

/// Measures a GraphQL document.
pub fn document(query: &str) {
    let _ = document::check(
        &Parsed::default(),
        query,
        None,
        &async_graphql::Variables::default(),
        &Limits::default(),
    );
}
