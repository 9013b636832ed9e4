//! Where somebody goes on who has signed in: a place of this service, never another one.

use url::Url;

/// Characters of such a place at most.
const CHARS_MAX: usize = 2_000;

/// The place that a text names, where it is a path here, with a query if it likes; else the beginning.
///
/// Browsers take `//host`, `/\host` and both with tabs between for another host, so none of their characters is let through.
pub(super) fn local(text: &str) -> &str {
    let is_plain =
        text.len() <= CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = text.starts_with('/') && !text.starts_with("//");
    if is_plain && is_path && stays(text) && !comes_back(text) {
        text
    } else {
        "/"
    }
}

/// Whether it is here by a browser's own reading, too.
fn stays(text: &str) -> bool {
    let Ok(here) = Url::parse("https://fieldbook.invalid/sign-in") else {
        return false;
    };
    here.join(text).is_ok_and(|there| there.origin() == here.origin())
}

/// Whether it would sign in or out once more.
fn comes_back(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    super::is_sign_in(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_here_is_kept() {
        for text in [
            "/",
            "/sensors/?sensor=a%20b&from=2026-01-01",
            "/datasets/readings#quality",
            "/a//b",
            "/?next=https://elsewhere.example/",
            "/%5Cevil",
            "/%2F/evil",
            "/@evil.example",
            "/:80",
        ] {
            assert_eq!(local(text), text);
        }
    }

    #[test]
    fn another_place_is_the_beginning() {
        let long = format!("/{}", "a".repeat(CHARS_MAX));
        for text in [
            "",
            "evil",
            "//evil",
            "///evil",
            "////evil.example",
            "https://evil",
            "https:evil",
            "http:/evil",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\\evil",
            "\\\\evil",
            "\\/evil",
            "/\t/evil",
            "/\n/evil",
            "/\r\nSet-Cookie: a=b",
            "\t//evil",
            " //evil",
            "/ /evil",
            "/\0",
            "/\u{7f}",
            "/ü",
            "/sign-in",
            "/sign-in?next=/sign-in",
            "/sign-in/oidc",
            "/sign-out#x",
            &long,
        ] {
            assert_eq!(local(text), "/", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_let_through_stays_here(text in "[/\\\\\\\\:@a?#.%\\t\\n ]{0,12}") {
            let next = local(&text);
            let here = Url::parse("https://fieldbook.invalid/").unwrap();
            let there = here.join(next).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
            prop_assert!(next.starts_with('/') && !next.starts_with("//"));
        }
    }
}
