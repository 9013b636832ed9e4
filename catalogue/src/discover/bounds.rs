//! The bounds of a column's values, read off what the database holds them to.

use crate::model::Range;

/// The bounds that `checks` set for the values of a column. PostgreSQL says a check in one way whoever wrote it, so only
/// comparisons with a number, joined by AND, are read; anything else sets no bound here.
pub(super) fn of(column: &str, checks: &[String]) -> Option<Range> {
    let mut range = Range { min: None, max: None };
    for check in checks {
        for comparison in check.split(" AND ") {
            // Bounds that are not included, such as those at infinity, are no values.
            let Some((sign, number)) = comparison_with(column, comparison) else {
                continue;
            };
            match sign {
                ">=" => range.min = Some(range.min.map_or(number, |min| min.max(number))),
                "<=" => range.max = Some(range.max.map_or(number, |max| max.min(number))),
                _ => {}
            }
        }
    }
    (range.min.is_some() || range.max.is_some()).then_some(range)
}

fn comparison_with<'c>(column: &str, comparison: &'c str) -> Option<(&'c str, f64)> {
    let bare = comparison.trim_matches(['(', ')', ' ']);
    let mut words = bare.split_whitespace();
    let (name, sign, number) = (words.next()?, words.next()?, words.next()?);
    if words.any(|word| !matches!(word, "precision" | "precision)")) || name.trim_matches('"') != column {
        return None;
    }
    let number = number.split("::").next()?.trim_matches(['(', ')', '\'']);
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((sign, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_as_postgresql_says_them() {
        let of = |column: &str, check: &str| of(column, &[check.to_owned()]);
        let range = |min, max| Some(Range { min, max });
        for (column, check, expected) in [
            (
                "lat",
                "((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision))",
                range(Some(-90.0), Some(90.0)),
            ),
            ("sensors", "(sensors >= 0)", range(Some(0.0), None)),
            (
                "a",
                "((a >= '-1.5'::numeric) AND (a <= 2.5))",
                range(Some(-1.5), Some(2.5)),
            ),
            (
                "v",
                "((v > '-Infinity'::double precision) AND (v < 'Infinity'::double precision))",
                None,
            ),
            ("a", "((a >= 1) OR (a IS NULL))", None),
            ("a", "(b >= 1)", None),
            ("flag", "(flag = ANY (ARRAY[1, 2]))", None),
            ("a", "", None),
        ] {
            assert_eq!(of(column, check), expected, "{check}");
        }
    }
}
