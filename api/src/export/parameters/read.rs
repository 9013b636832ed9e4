//! Values of parameters: numbers, yes or no, words.

use entity::QualityFlag;

use super::refused;
use crate::buckets::Fill;
use crate::export::readings;
use crate::graphql::error::ApiError;

/// Every filling, by its word.
const FILLS: [(&str, Fill); 4] = [
    ("none", Fill::None),
    ("null", Fill::Null),
    ("previous", Fill::Previous),
    ("linear", Fill::Linear),
];

/// A number, neither NaN nor infinite.
pub(super) fn number(argument: &str, text: &str) -> Result<f64, ApiError> {
    finite(text).ok_or_else(|| {
        refused(
            argument,
            &format!("{text:?} is no number"),
            "a number, such as -1.5".to_owned(),
        )
    })
}

/// So many numbers, separated by commas; `names` says what they are.
pub(super) fn numbers<const N: usize>(
    argument: &str,
    text: &str,
    names: [&str; N],
) -> Result<[f64; N], ApiError> {
    let numbers: Option<Vec<f64>> = text.split(',').map(finite).collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| {
            let accepted = format!("{N} numbers, separated by commas: {}", names.join(", "));
            refused(argument, &format!("{text:?} is not what it takes"), accepted)
        })
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn truth(argument: &str, text: &str) -> Result<bool, ApiError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(refused(
            argument,
            &format!("{text:?} is neither"),
            "true or false".to_owned(),
        )),
    }
}

/// The filling with this word, in any case.
pub(super) fn fill(argument: &str, text: &str) -> Result<Fill, ApiError> {
    let found = FILLS
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, fill)| fill).ok_or_else(|| {
        let accepted = FILLS.map(|(word, _)| word).join(", ");
        refused(argument, &format!("{text:?} is no way to fill buckets"), accepted)
    })
}

/// The flag with this word, in any case.
pub(super) fn flag(argument: &str, text: &str) -> Result<QualityFlag, ApiError> {
    readings::FLAGS
        .into_iter()
        .find(|flag| readings::word(*flag).eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            let accepted = readings::FLAGS.map(readings::word).join(", ");
            refused(argument, &format!("{text:?} is no flag"), accepted)
        })
}
