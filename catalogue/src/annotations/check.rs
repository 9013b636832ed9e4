//! What texts, keywords and addresses may be, whoever says them.

use super::AnnotationsError;

/// A heading has so many characters at most, and so has a name,
const LINE_CHARS_MAX: usize = 200;

/// a description or another longer text,
const TEXT_CHARS_MAX: usize = 10_000;

/// a keyword,
const KEYWORD_CHARS_MAX: usize = 100;

/// an address.
const ADDRESS_CHARS_MAX: usize = 2_048;

/// Keywords of one dataset, at most.
const KEYWORDS_MAX: usize = 50;

/// Refuses what is no heading.
pub(crate) fn check_line(at: &str, name: &str, line: &str) -> Result<(), AnnotationsError> {
    const ACCEPTED: &str = "one line of 1 to 200 characters";
    if line.trim().is_empty() {
        return Err(wrong(at, name, &"empty", ACCEPTED));
    }
    if line.contains(char::is_control) {
        return Err(wrong(at, name, &"a text with control characters", ACCEPTED));
    }
    check_length(at, name, line, LINE_CHARS_MAX, ACCEPTED)
}

/// Refuses texts that are too long, or hold what the database cannot.
pub(crate) fn check_text(at: &str, name: &str, text: &str) -> Result<(), AnnotationsError> {
    if text.contains('\0') {
        let accepted = "a text without the character U+0000";
        return Err(wrong(at, name, &"a text with U+0000", accepted));
    }
    check_length(
        at,
        name,
        text,
        TEXT_CHARS_MAX,
        "a text of at most 10,000 characters",
    )
}

pub(super) fn check_keywords(at: &str, keywords: &[String]) -> Result<(), AnnotationsError> {
    const ACCEPTED: &str = "at most 50 words of 1 to 100 characters each";
    if keywords.len() > KEYWORDS_MAX {
        return Err(wrong(
            at,
            "keywords",
            &format!("a list of {}", keywords.len()),
            ACCEPTED,
        ));
    }
    for keyword in keywords {
        if keyword.trim().is_empty() || keyword.contains(char::is_control) {
            return Err(wrong(at, "keywords", &format!("{keyword:?}"), ACCEPTED));
        }
        check_length(at, "keywords", keyword, KEYWORD_CHARS_MAX, ACCEPTED)?;
    }
    Ok(())
}

pub(super) fn check_email(at: &str, email: Option<&str>) -> Result<(), AnnotationsError> {
    let Some(email) = email else { return Ok(()) };
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c);
    let is_plain = |part: &str| !part.is_empty() && !part.contains(is_odd);
    let is_good = email
        .split_once('@')
        .is_some_and(|(name, host)| is_plain(name) && is_plain(host) && !host.contains('@'));
    let accepted = "an address such as data@example.com";
    if !is_good {
        return Err(wrong(at, "email", &email, accepted));
    }
    check_length(at, "email", email, LINE_CHARS_MAX, accepted)
}

pub(super) fn check_address(at: &str, name: &str, address: Option<&str>) -> Result<(), AnnotationsError> {
    let Some(address) = address else { return Ok(()) };
    let accepted = "an address that begins with https:// or http://";
    let url = url::Url::parse(address);
    let is_web = url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    if !is_web || address.contains(char::is_control) {
        return Err(wrong(at, name, &address, accepted));
    }
    check_length(at, name, address, ADDRESS_CHARS_MAX, accepted)
}

fn check_length(
    at: &str,
    name: &str,
    text: &str,
    max: usize,
    accepted: &'static str,
) -> Result<(), AnnotationsError> {
    let chars = text.chars().count();
    if chars > max {
        return Err(wrong(at, name, &format!("{chars} characters long"), accepted));
    }
    Ok(())
}

pub(crate) fn wrong(
    at: &str,
    name: &str,
    value: &impl std::fmt::Display,
    accepted: &'static str,
) -> AnnotationsError {
    AnnotationsError::Value {
        key: format!("{at}.{name}"),
        value: value.to_string(),
        accepted,
    }
}
