//! What a token says besides who signed it: whom it is about, and which roles they have.

use chrono::{DateTime, Utc};
use entity::keys::Role;
use serde_json::{Map, Value};

/// Datasets of a token at most; of more, the first ones count.
const DATASETS_MAX: usize = 1_000;

/// Characters of a dataset's name, and of a person's, at most; longer ones are none.
const NAME_CHARS_MAX: usize = 200;

/// Everything that a token says.
pub(super) type Claims = Map<String, Value>;

/// The words for roles, for messages.
pub(super) const ROLES: &str =
    "fieldbook-reader, fieldbook-steward, fieldbook-admin, reader, steward and admin";

/// Whom a token is about.
pub(super) fn subject(claims: &Claims) -> Option<&str> {
    claims
        .get("sub")
        .and_then(Value::as_str)
        .filter(|subject| !subject.is_empty())
}

/// The highest role that a claim gives; words that are no roles of Fieldbook are those of others.
pub(super) fn role(claims: &Claims, claim: &str) -> Option<Role> {
    match find(claims, claim)? {
        Value::String(words) => words.split([' ', ',']).filter_map(role_of_word).max(),
        Value::Array(words) => words.iter().filter_map(|word| role_of_word(word.as_str()?)).max(),
        _ => None,
    }
}

/// The datasets that a claim opens, by slug: none without it.
pub(super) fn datasets(claims: &Claims, claim: &str) -> Vec<String> {
    let words: Vec<&str> = match find(claims, claim) {
        Some(Value::String(words)) => words.split([' ', ',']).collect(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let slugs = words.into_iter().filter(|word| is_name(word));
    slugs.take(DATASETS_MAX).map(ToOwned::to_owned).collect()
}

/// What people call the subject, as far as the token says.
pub(super) fn display_name(claims: &Claims) -> Option<String> {
    let names = ["name", "preferred_username", "email"].into_iter();
    let mut names = names.filter_map(|claim| Some(claims.get(claim)?.as_str()?.trim()));
    names.find(|name| is_name(name)).map(ToOwned::to_owned)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control)
}

/// When the token ends; it may be said with a fraction.
pub(super) fn expires_at(claims: &Claims) -> Option<DateTime<Utc>> {
    let exp = claims.get("exp")?;
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second is cut")]
    let seconds = exp.as_i64().or_else(|| exp.as_f64().map(|exp| exp as i64))?;
    // An end that no calendar has is none.
    Some(DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// A claim by its name, which may have dots itself as `https://example.org/roles` has, or by its path.
fn find<'a>(claims: &'a Claims, claim: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(claim) {
        return Some(value);
    }
    let (last, parents) = {
        let mut steps: Vec<&str> = claim.split('.').collect();
        (steps.pop()?, steps)
    };
    let parent = parents
        .into_iter()
        .try_fold(claims, |object, step| object.get(step)?.as_object())?;
    parent.get(last)
}

fn role_of_word(word: &str) -> Option<Role> {
    word.strip_prefix("fieldbook-").unwrap_or(word).parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: &Value, claim: &str) -> Option<Role> {
        role(claims.as_object().unwrap(), claim)
    }

    #[test]
    fn roles_are_found_by_name_and_by_path_and_the_highest_counts() {
        let claims = json!({
            "roles": ["offline_access", "fieldbook-reader", "steward"],
            "realm_access": { "roles": ["reader"] },
            "a": { "b": { "c": "x admin" } },
            "https://example.org/roles": "fieldbook-admin,other",
            "dotted.claim": ["reader"],
        });
        assert_eq!(of(&claims, "roles"), Some(Role::Steward));
        assert_eq!(of(&claims, "realm_access.roles"), Some(Role::Reader));
        assert_eq!(of(&claims, "a.b.c"), Some(Role::Admin));
        assert_eq!(of(&claims, "https://example.org/roles"), Some(Role::Admin));
        assert_eq!(of(&claims, "dotted.claim"), Some(Role::Reader));
    }

    #[test]
    fn datasets_are_words_or_a_list_and_none_without_the_claim() {
        let claims = json!({ "words": "readings sensors", "list": ["a", 7, "", "b\u{0}"], "n": 1 });
        let of = |claim| datasets(claims.as_object().unwrap(), claim);
        assert_eq!(of("words"), ["readings", "sensors"]);
        assert_eq!(of("list"), ["a"]);
        assert_eq!(of("n"), [""; 0]);
        assert_eq!(of("missing"), [""; 0]);
    }

    #[test]
    fn a_person_is_called_by_name_before_user_and_mail() {
        let of = |claims: Value| display_name(claims.as_object().unwrap());
        let all = json!({ "name": "Ada L.", "preferred_username": "ada", "email": "ada@example.org" });
        assert_eq!(of(all).as_deref(), Some("Ada L."));
        let odd = json!({ "name": " ", "preferred_username": "a\nb", "email": "ada@example.org" });
        assert_eq!(of(odd).as_deref(), Some("ada@example.org"));
        assert_eq!(of(json!({ "name": "x".repeat(201) })), None);
    }

    #[test]
    fn no_role_is_none() {
        let claims =
            json!({ "roles": ["Admin", "fieldbook", "fieldbook-", "", 7, null], "n": 1, "o": { "p": {} } });
        for claim in ["roles", "n", "o", "o.p", "o.p.q", "n.m", "missing", ".", "roles."] {
            assert_eq!(of(&claims, claim), None, "{claim}");
        }
    }
}
