//! The words of a filter, and the literals among them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::ask::time;
use crate::odata::value::Value;

/// What is not read yet of a filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it is, in characters from 1, for messages.
    pub(super) fn place(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    /// What comes next, shortened, for messages.
    pub(super) fn next_shown(&self) -> String {
        const CHARS_MAX: usize = 40;
        let rest = self.rest().trim_start();
        if rest.is_empty() {
            return "the end".to_owned();
        }
        format!("{:?}", rest.chars().take(CHARS_MAX).collect::<String>())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().trim().is_empty()
    }

    /// Takes this character when it comes next.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// The word that comes next, without taking it: anything up to a space, a quote, a parenthesis or a comma.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '\'');
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    /// Takes a word that was seen.
    pub(super) fn skip(&mut self, word: &str) {
        self.at += word.len();
    }

    /// Takes this word when it comes next, in any case of its letters.
    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let word = self.word();
        let found = word.eq_ignore_ascii_case(wanted);
        if found {
            self.skip(word);
        }
        found
    }

    /// Takes a text in quotes, in which a quote is written twice; `None` when it does not end.
    pub(super) fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut rest = self.rest().strip_prefix('\'')?;
        loop {
            let (part, behind) = rest.split_once('\'')?;
            text.push_str(part);
            let Some(more) = behind.strip_prefix('\'') else {
                self.at = self.text.len() - behind.len();
                return Some(text);
            };
            text.push('\'');
            rest = more;
        }
    }

    /// The offset of a time whose plus sign the address turned into a space: `… 01:00`.
    pub(super) fn offset_behind_space(&self) -> Option<&'a str> {
        let offset = self.rest().strip_prefix(' ')?.get(..5)?;
        let shape = offset
            .bytes()
            .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
        shape.eq(*b"00:00").then_some(offset)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
}

/// The value of a word without quotes; `None` when it is none.
pub(super) fn literal(word: &str) -> Option<Value<'static>> {
    match word {
        "null" => return Some(Value::Null),
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "INF" => return Some(Value::Double(f64::INFINITY)),
        "-INF" => return Some(Value::Double(f64::NEG_INFINITY)),
        "NaN" => return Some(Value::Double(f64::NAN)),
        _ => {}
    }
    number(word)
        .or_else(|| guid(word).map(Value::Guid))
        .or_else(|| instant(word).map(Value::Time))
}

/// Digits with a sign, a fraction and an exponent; old clients mark the type with a letter behind.
fn number(word: &str) -> Option<Value<'static>> {
    let bare = word.trim_end_matches(['L', 'l', 'M', 'm', 'D', 'd', 'F', 'f']);
    if word.len() - bare.len() > 1 || !bare.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !bare
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
    {
        return None;
    }
    match bare.parse::<i64>() {
        Ok(whole) => Some(Value::Int(whole)),
        Err(_) => bare.parse().ok().map(Value::Double),
    }
}

/// Five groups of hexadecimal digits.
pub(super) fn guid(word: &str) -> Option<Uuid> {
    (word.len() == 36).then(|| Uuid::try_parse(word).ok()).flatten()
}

/// A date, which is its midnight, or a date with a time; never a bare number.
pub(super) fn instant(word: &str) -> Option<DateTime<Utc>> {
    let bytes = word.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    // OData lets the seconds be left out.
    time::parse(word).or_else(|| {
        let (time, offset) = word.split_at_checked(16)?;
        time::parse(&format!("{time}:00{offset}"))
    })
}
