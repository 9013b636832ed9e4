//! How alike two words are: by the trigrams that they share, as PostgreSQL's `pg_trgm` counts them, so that it needs no
//! extension; and by one slip of the finger, which takes most trigrams of a short word.

use std::collections::HashSet;

/// Words less alike than this are other words; the default of `pg_trgm`.
pub(super) const ALIKE: f64 = 0.3;

/// How alike words are, at least, that differ in one letter or in the order of two.
const SLIP: f64 = 0.5;

/// Words of fewer letters are not taken for others.
const LETTERS_MIN: usize = 3;

/// Words of fewer letters are others with a letter changed.
const SLIP_LETTERS_MIN: usize = 4;

/// A word that may be misspelt.
#[derive(Debug, Clone)]
pub(super) struct Spelt<'a> {
    word: &'a str,
    trigrams: HashSet<[char; 3]>,
}

impl<'a> Spelt<'a> {
    /// `None` of a word that is not: numbers, and names with numbers in them, are not misspelt.
    pub(super) fn new(word: &'a str) -> Option<Self> {
        is_spelt(word).then(|| Self {
            word,
            trigrams: trigrams(word),
        })
    }

    /// From 0, with nothing in common, to 1, the same.
    #[expect(clippy::cast_precision_loss, reason = "words are short")]
    pub(super) fn likeness(&self, other: &str) -> f64 {
        if !is_spelt(other) {
            return 0.0;
        }
        let trigrams = trigrams(other);
        let both = self.trigrams.intersection(&trigrams).count();
        let all = self.trigrams.len() + trigrams.len() - both;
        let likeness = both as f64 / all as f64;
        if likeness < SLIP && self.is_slip_of(other) {
            return SLIP;
        }
        likeness
    }

    fn is_slip_of(&self, other: &str) -> bool {
        let (letters, others) = (self.word.chars().count(), other.chars().count());
        letters.min(others) >= SLIP_LETTERS_MIN
            && letters.abs_diff(others) <= 1
            && strsim::osa_distance(self.word, other) <= 1
    }
}

pub(super) fn is_spelt(word: &str) -> bool {
    word.chars().nth(LETTERS_MIN - 1).is_some() && word.chars().all(char::is_alphabetic)
}

/// With two blanks before the word and one behind it.
fn trigrams(word: &str) -> HashSet<[char; 3]> {
    let letters: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
    let trigrams = letters.windows(3);
    trigrams
        .map(|letters| [letters[0], letters[1], letters[2]])
        .collect()
}

/// Those of `words` that somebody who wrote `word` may have meant, the most alike first.
pub(super) fn meant<'a>(word: &str, words: &'a [String], max: usize) -> Vec<&'a str> {
    let Some(spelt) = Spelt::new(word) else {
        return Vec::new();
    };
    let mut alike: Vec<(f64, &str)> = words
        .iter()
        .map(|other| (spelt.likeness(other), other.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|one, other| one.0.total_cmp(&other.0).reverse().then(one.1.cmp(other.1)));
    alike.into_iter().take(max).map(|(_, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f64 {
        Spelt::new(one).map_or(0.0, |one| one.likeness(other))
    }

    /// As `SELECT similarity(…, …)` of `pg_trgm` 1.6 gives it.
    #[test]
    fn likeness_is_that_of_pg_trgm() {
        for (one, other, expected) in [
            ("temprature", "temperature", 0.642_857_13),
            ("temprature", "tempo", 0.307_692_32),
            ("temprature", "pressure", 0.111_111_11),
            ("presure", "pressure", 0.7),
            ("word", "two", 0.0),
            ("flow", "flow", 1.0),
        ] {
            let found = likeness(one, other);
            assert!((found - expected).abs() < 1e-6, "{one} {other}: {found}");
        }
    }

    #[test]
    fn one_slip_of_the_finger_is_forgiven_in_words_that_are_not_too_short() {
        for (one, other) in [
            ("huose", "house"),
            ("pmup", "pump"),
            ("vavle", "valve"),
            ("gtae", "gate"),
        ] {
            assert!(likeness(one, other) >= SLIP, "{one} {other}");
        }
        assert!(likeness("cat", "act") < ALIKE);
        assert!(likeness("hoser", "house") < SLIP, "two letters differ");
    }

    #[test]
    fn what_was_meant_is_found_among_the_words_that_there_are() {
        let words = ["temperature", "pressure", "tempo", "t1", "harbour"].map(str::to_owned);
        assert_eq!(meant("temprature", &words, 5), ["temperature", "tempo"]);
        assert_eq!(meant("harbuor", &words, 5), ["harbour"]);
        assert_eq!(meant("xyz", &words, 5), Vec::<&str>::new());
        assert_eq!(
            meant("t2", &words, 5),
            Vec::<&str>::new(),
            "numbers are not misspelt"
        );
        assert_eq!(meant("temprature", &words, 1), ["temperature"]);
    }
}
