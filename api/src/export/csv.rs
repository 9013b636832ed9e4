//! CSV after RFC 4180: a header, commas, CRLF, quotes where a text needs them. Null is empty, an empty text is `""`.
//!
//! Texts are written as they are. One that a spreadsheet would take for a formula is data here; `docs/reference/exports.md`
//! says how to open such a file.

use super::lines::Lines;
use super::rows::{Kind, Shape};

/// Writes rows of this shape.
pub(super) fn lines(shape: &Shape) -> Lines {
    let mut head = Vec::new();
    let own = shape.columns.iter().map(|(name, _)| *name);
    let names = own.chain(shape.sensors.columns.iter().map(|column| column.name.as_str()));
    for (at, name) in names.enumerate() {
        if at > 0 {
            head.push(b',');
        }
        field(&mut head, name);
    }
    head.extend_from_slice(b"\r\n");
    let words = |kind: &Kind| match kind {
        Kind::Word(words) => words.iter().map(|word| written(word)).collect(),
        _ => Vec::new(),
    };
    Lines {
        head,
        before: (0..shape.columns.len())
            .map(|at| if at > 0 { b",".to_vec() } else { Vec::new() })
            .collect(),
        words: shape.columns.iter().map(|(_, kind)| words(kind)).collect(),
        tails: (0..shape.sensors.len()).map(|place| tail(shape, place)).collect(),
        quote: b"",
        null: b"",
        has_non_finite: true,
    }
}

fn tail(shape: &Shape, place: usize) -> Vec<u8> {
    let mut tail = Vec::new();
    for column in &shape.sensors.columns {
        tail.push(b',');
        if let Some(text) = column.text(place) {
            field(&mut tail, text);
        }
    }
    tail.extend_from_slice(b"\r\n");
    tail.shrink_to_fit();
    tail
}

fn written(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, text);
    out
}

fn field(out: &mut Vec<u8>, text: &str) {
    // Some readers trim, or skip, what begins or ends with a space.
    let needs_quotes = text.is_empty()
        || text.contains(['"', ',', '\r', '\n'])
        || text.starts_with(' ')
        || text.ends_with(' ');
    if !needs_quotes {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_need_it() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" edge", "\" edge\""),
            ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ] {
            assert_eq!(String::from_utf8(written(text)).unwrap(), expected);
        }
    }
}
