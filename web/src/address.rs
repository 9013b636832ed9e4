//! The state of a page in its address: what was chosen, and the addresses of other choices.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What needs no escape in a query: unreserved characters (RFC 3986), and those that read better as they are.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b',')
    .remove(b'/');

/// Pairs of a query, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices(Vec<(String, String)>);

impl Choices {
    /// Those of a query among the names that a page knows; empty ones mean nothing, unknown ones neither.
    pub(crate) fn of(query: Option<&str>, known: &[&str]) -> Self {
        let pairs = query.unwrap_or_default().split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (decoded(name), decoded(value));
            (known.contains(&name.as_str()) && !value.trim().is_empty()).then_some((name, value))
        });
        Self(pairs.collect())
    }

    /// The first value of a name.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|other| other == value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with another value of a name, or without it.
    pub(crate) fn with(&self, name: &str, value: Option<&str>) -> Self {
        let mut pairs = self.without(&[name]).0;
        if let Some(value) = value {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// The same with a value more, or with it less if it is there.
    pub(crate) fn toggled(&self, name: &str, value: &str) -> Self {
        let mut pairs = self.0.clone();
        let before = pairs.len();
        pairs.retain(|(other, held)| !(other == name && held == value));
        if pairs.len() == before {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self(kept.cloned().collect())
    }

    /// Its pairs, for hidden fields of forms.
    pub(crate) fn pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// As a query with its question mark; nothing when nothing is chosen.
    pub(crate) fn query(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.0 {
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(name);
            out.push('=');
            out.push_str(&encoded(value));
        }
        out
    }
}

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_from_the_address_and_go_back() {
        let query = "q=two+words&unit=%C2%B0C&unit=m3/h&unknown=x&kind=";
        let choices = Choices::of(Some(query), &["q", "unit", "kind"]);
        assert_eq!(choices.one("q"), Some("two words"));
        assert!(choices.has("unit", "°C") && choices.has("unit", "m3/h"));
        assert_eq!(choices.one("kind"), None);
        assert_eq!(choices.query(), "?q=two%20words&unit=%C2%B0C&unit=m3/h");
        let again = Choices::of(choices.query().strip_prefix('?'), &["q", "unit"]);
        assert_eq!(again, choices);
    }

    #[test]
    fn a_choice_is_toggled() {
        let none = Choices::default();
        let some = none.toggled("kind", "RAW").toggled("kind", "READINGS");
        assert_eq!(some.toggled("kind", "RAW").query(), "?kind=READINGS");
        assert_eq!(some.with("kind", None), none);
        assert_eq!(Choices::of(None, &["q"]), none);
    }

    #[test]
    fn what_is_hostile_stays_text() {
        let choices = Choices::of(Some("q=%22%3E%3Cscript%3E&q=%ff%00"), &["q"]);
        assert_eq!(choices.one("q"), Some("\"><script>"));
        assert!(!choices.query().contains('<') && !choices.query().contains('"'));
    }
}
