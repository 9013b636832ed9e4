//! What a late reading reaches.

use catalogue::quality::{PACE_INTERVALS, Rules, Touched};

use super::support::{at, flat, no_tests, seconds};

#[test]
fn a_late_reading_touches_the_one_before_and_as_many_behind_as_look_back_to_it() {
    let after: Vec<_> = (11..400).map(|second| at(seconds(f64::from(second)))).collect();
    let touched = |rules: &Rules, after| rules.touched(at(seconds(10.0)), Some(at(seconds(9.0))), after);
    let last = i32::try_from(10 + PACE_INTERVALS + 1).unwrap();
    assert_eq!(
        touched(&flat(0.0, 3, 5), &after),
        Touched {
            flags_from: at(seconds(9.0)),
            flags_to: Some(at(seconds(15.0))),
            figures_from: Some(at(seconds(9.0))),
            figures_to: Some(at(seconds(f64::from(last)))),
        }
    );
    // Without a flat line test only the next one looks back.
    assert_eq!(touched(&no_tests(), &after).flags_to, Some(at(seconds(11.0))));
    // A long flat line looks back farther than the pace.
    let long = flat(0.0, 3, 300);
    assert_eq!(long.context_before(), 300);
    assert_eq!(touched(&long, &after).flags_to, Some(at(seconds(310.0))));
    // There are no more: all of them, and the time since then.
    let few = touched(&flat(0.0, 3, 5), &after[..3]);
    assert_eq!((few.flags_to, few.figures_to), (None, None));
}

#[test]
fn the_first_reading_touches_all_before_it() {
    let touched = Rules::default().touched(at(10), None, &[]);
    assert_eq!((touched.flags_from, touched.figures_from), (at(10), None));
}
