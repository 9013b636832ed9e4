//! A sensor's name, made of texts and of what a message says.
//!
//! `{topic:2} temperature` and `{/device/id}/{message:/site}` are templates; `{{` and `}}` are braces of the text itself.

use serde::Deserialize;

use super::place::{Place, PlaceError};

/// What a sensor's name is made of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(pub(super) Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Place(Place),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Nothing would be named so.
    #[error(
        "a sensor's name is empty: a template such as \"{{/id}}\" or \"{{topic:2}} temperature\" is expected"
    )]
    Empty,
    /// A brace without its other half.
    #[error(
        "{0:?} has a brace without its other half: {{/id}} stands for what a message says, {{{{ and }}}} for braces of the name"
    )]
    Brace(String),
    /// A place that is none.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

impl std::str::FromStr for Template {
    type Err = TemplateError;

    fn from_str(whole: &str) -> Result<Self, TemplateError> {
        let unpaired = || TemplateError::Brace(whole.to_owned());
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = whole;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let behind = &rest[at + 1..];
            if let Some(doubled) = behind.strip_prefix(brace) {
                text.push_str(brace);
                rest = doubled;
                continue;
            }
            if brace == "}" {
                return Err(unpaired());
            }
            let (place, behind) = behind.split_once('}').ok_or_else(unpaired)?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Place(place.parse()?));
            rest = behind;
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        if pieces.is_empty() {
            return Err(TemplateError::Empty);
        }
        Ok(Self(pieces))
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, TemplateError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn place(text: &str) -> Piece {
        Piece::Place(text.parse().expect("a place"))
    }

    #[test]
    fn texts_places_and_braces_are_told_apart() {
        for (template, pieces) in [
            ("{/id}", vec![place("/id")]),
            ("Sensor 1", vec![text("Sensor 1")]),
            (
                "{topic:2} {/a}b",
                vec![place("topic:2"), text(" "), place("/a"), text("b")],
            ),
            ("{{{/a}}}", vec![text("{"), place("/a"), text("}")]),
            ("{}", vec![place("")]),
        ] {
            assert_eq!(
                template.parse::<Template>().expect(template).0,
                pieces,
                "{template}"
            );
        }
    }

    #[test]
    fn a_brace_without_its_other_half_is_refused() {
        for template in ["{/a", "a}", "{/a}}", "{{/a}"] {
            assert!(
                matches!(template.parse::<Template>(), Err(TemplateError::Brace(_))),
                "{template}"
            );
        }
        assert_eq!("".parse::<Template>(), Err(TemplateError::Empty));
        assert!(matches!("{id}".parse::<Template>(), Err(TemplateError::Place(_))));
    }

    proptest! {
        #[test]
        fn any_text_with_its_braces_doubled_is_itself(name in "\\PC{1,20}|[{}a/]{1,9}") {
            let doubled = name.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(doubled.parse::<Template>().map(|template| template.0), Ok(vec![Piece::Text(name)]));
        }

        #[test]
        fn any_text_is_a_template_or_not(template in "[{}/a:topic1~]{0,20}") {
            let _ = template.parse::<Template>();
        }
    }
}
