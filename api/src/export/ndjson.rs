//! A JSON object a line, each with all columns.

use super::lines::Lines;
use super::rows::{Kind, Shape};

/// Writes rows of this shape.
pub(super) fn lines(shape: &Shape) -> Lines {
    let before = |(at, (name, _)): (usize, &(&'static str, Kind))| {
        let mut key = vec![if at == 0 { b'{' } else { b',' }];
        key.extend(json(name));
        key.push(b':');
        key
    };
    let words = |kind: &Kind| match kind {
        Kind::Word(words) => words.iter().map(|word| json(word)).collect(),
        _ => Vec::new(),
    };
    Lines {
        head: Vec::new(),
        before: shape.columns.iter().enumerate().map(before).collect(),
        words: shape.columns.iter().map(|(_, kind)| words(kind)).collect(),
        tails: (0..shape.sensors.len()).map(|place| tail(shape, place)).collect(),
        quote: b"\"",
        null: b"null",
        has_non_finite: false,
    }
}

fn tail(shape: &Shape, place: usize) -> Vec<u8> {
    let mut tail = Vec::new();
    for column in &shape.sensors.columns {
        tail.push(b',');
        tail.extend(json(&column.name));
        tail.push(b':');
        match column.text(place) {
            Some(text) => tail.extend(json(text)),
            None => tail.extend_from_slice(b"null"),
        }
    }
    tail.extend_from_slice(b"}\n");
    tail.shrink_to_fit();
    tail
}

fn json(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}
