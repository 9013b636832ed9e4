//! Texts as they are searched: words in lower case.

use std::ops::Range;

/// Letters and digits of a word that count; no word that means something is longer.
const LETTERS_MAX: usize = 64;

/// A word of a text: letters and digits between other signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case.
    pub(super) folded: String,
    /// Where it stands, in bytes of the text.
    pub(super) place: Range<usize>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The text in lower case, without blanks around it.
    pub(super) text: String,
    /// Its words in lower case, each once.
    pub(super) words: Vec<String>,
}

impl Question {
    pub(super) fn of(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in self::words(text) {
            if !words.contains(&word.folded) {
                words.push(word.folded);
            }
        }
        Self {
            text: text.trim().to_lowercase(),
            words,
        }
    }
}

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.find(char::is_alphanumeric)?;
        rest = &rest[begin..];
        let length = rest
            .find(|letter: char| !letter.is_alphanumeric())
            .unwrap_or(rest.len());
        let at = text.len() - rest.len();
        let word = &rest[..length];
        rest = &rest[length..];
        Some(Word {
            folded: word
                .chars()
                .flat_map(char::to_lowercase)
                .take(LETTERS_MAX)
                .collect(),
            place: at..at + length,
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        assert_eq!(folded("hall/2/Pump-7 (°C)"), ["hall", "2", "pump", "7", "c"]);
        assert_eq!(folded("Kühlung ÄÖ"), ["kühlung", "äö"]);
        assert_eq!(folded(" ' & | !:* 🔥 "), Vec::<String>::new());
        assert_eq!(folded("שלום עולם"), ["שלום", "עולם"]);
        let text = "İstanbul: x";
        let places: Vec<&str> = words(text).map(|word| &text[word.place]).collect();
        assert_eq!(places, ["İstanbul", "x"]);
    }

    #[test]
    fn a_question_has_each_word_once_and_its_text_in_lower_case() {
        let question = Question::of("  Pump 7, PUMP ");
        assert_eq!(question.text, "pump 7, pump");
        assert_eq!(question.words, ["pump", "7"]);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_where_its_letters_are(text in "\\PC{0,60}") {
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.place.start >= end);
                end = word.place.end;
                prop_assert!(text[word.place].chars().all(char::is_alphanumeric));
                prop_assert!(!word.folded.is_empty() && word.folded.chars().count() <= LETTERS_MAX);
            }
        }
    }
}
