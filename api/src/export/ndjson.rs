//! A JSON object a line, each with all columns.

use super::lines::{Dialect, Lines};
use super::rows::Shape;

/// Writes rows of this shape.
pub(super) fn lines(shape: &Shape) -> Lines {
    let dialect = Dialect {
        head: Vec::new(),
        before,
        text: json,
        end: b"}\n",
        quote: b"\"",
        null: b"null",
        has_non_finite: false,
    };
    Lines::new(dialect, shape)
}

fn before(at: usize, name: &str) -> Vec<u8> {
    let mut key = vec![if at == 0 { b'{' } else { b',' }];
    key.extend(json(name));
    key.push(b':');
    key
}

fn json(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}
