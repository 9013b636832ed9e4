//! CSV after RFC 4180: a header, commas, CRLF, quotes where a text needs them. Null is empty, an empty text is `""`.
//!
//! Texts are written as they are. One that a spreadsheet would take for a formula is data here; `docs/reference/exports.md`
//! says how to open such a file.

use super::lines::{Dialect, Lines};
use super::rows::Shape;

/// Writes rows of this shape.
pub(super) fn lines(shape: &Shape) -> Lines {
    let mut head = Vec::new();
    for (at, column) in shape.columns.iter().enumerate() {
        head.extend(before(at, &column.name));
        field(&mut head, &column.name);
    }
    head.extend_from_slice(END);
    let dialect = Dialect {
        head,
        before,
        text: written,
        end: END,
        quote: b"",
        null: b"",
        has_non_finite: true,
    };
    Lines::new(dialect, shape)
}

const END: &[u8] = b"\r\n";

fn before(at: usize, _: &str) -> Vec<u8> {
    if at > 0 { b",".to_vec() } else { Vec::new() }
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
