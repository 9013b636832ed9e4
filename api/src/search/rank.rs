//! How well a thing fits a question: the rule of ranks, and what is shown of the text that fits.

use std::borrow::Cow;
use std::ops::Range;

use super::likeness::{ALIKE, Spelt};
use super::words::{Question, Word, words};

/// The ranks, each with room for [`IN_NAME`] above it.
const NAME: f64 = 1.0;
const NAME_BEGINS: f64 = 0.8;
const WHOLE: f64 = 0.6;
const BEGINS: f64 = 0.4;
/// Of words that are only alike; their likeness adds up to [`LIKENESS`].
const LIKE: f64 = 0.1;
const LIKENESS: f64 = 0.15;

/// What the share of the words that are in the name adds.
const IN_NAME: f64 = 0.1;

/// Characters of a snippet, about.
const SNIPPET_CHARS: usize = 160;

/// Of those, before the first word that was found.
const BEFORE_CHARS: usize = 40;

/// A text of something that may be found.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    /// What it is of it, such as `description`.
    pub(super) of: Cow<'a, str>,
    pub(super) said: &'a str,
    /// Whether it is called so.
    pub(super) is_name: bool,
}

impl<'a> Text<'a> {
    pub(super) fn name(of: &'static str, said: &'a str) -> Self {
        Self {
            of: of.into(),
            said,
            is_name: true,
        }
    }

    pub(super) fn about(of: impl Into<Cow<'a, str>>, said: &'a str) -> Self {
        Self {
            of: of.into(),
            said,
            is_name: false,
        }
    }
}

/// Which words count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Those that begin with the question's.
    AsWritten,
    /// Those that are like them, too.
    Alike,
}

/// How well something fits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked {
    /// From 0 to 1.
    pub(super) score: f64,
    /// The text that is shown.
    pub(super) found_in: String,
    /// What of it.
    pub(super) snippet: Vec<Part>,
}

/// A part of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    /// Whether it is what was looked for.
    pub(crate) is_match: bool,
}

/// How well a word fits one of a question's.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Grade {
    Like(f64),
    Begins,
    Whole,
}

/// How well something with these texts fits; `None` when a word of the question is nowhere.
pub(super) fn rank(question: &Question, texts: &[Text<'_>], fit: Fit) -> Option<Ranked> {
    let wanted: Vec<Wanted<'_>> = question.words.iter().map(|word| Wanted::new(word, fit)).collect();
    let mut best: Vec<Option<Grade>> = vec![None; wanted.len()];
    let mut is_in_name = vec![false; wanted.len()];
    let mut shown: Option<Shown<'_>> = None;
    for text in texts {
        let mut matches = Vec::new();
        let mut has = vec![false; wanted.len()];
        for word in words(text.said) {
            let mut fits = false;
            for (at, wanted) in wanted.iter().enumerate() {
                let Some(grade) = wanted.grade(&word) else {
                    continue;
                };
                fits = true;
                has[at] = true;
                is_in_name[at] |= text.is_name;
                if best[at].is_none_or(|best| grade > best) {
                    best[at] = Some(grade);
                }
            }
            if fits {
                matches.push(word.place);
            }
        }
        let count = has.iter().filter(|has| **has).count();
        if count > shown.as_ref().map_or(0, |shown| shown.count) {
            shown = Some(Shown { text, matches, count });
        }
    }
    let grades: Vec<Grade> = best.into_iter().collect::<Option<_>>()?;
    let shown = shown?;
    Some(Ranked {
        score: score(question, texts, &grades, &is_in_name),
        found_in: shown.text.of.clone().into_owned(),
        snippet: snippet(shown.text.said, &shown.matches),
    })
}

/// What is known to fit, though it is not seen here by which word.
pub(super) fn fits_somehow(name: &str) -> Ranked {
    Ranked {
        score: BEGINS,
        found_in: "name".to_owned(),
        snippet: snippet(name, &[]),
    }
}

/// The text that has most of the words, and where it has them.
struct Shown<'a> {
    text: &'a Text<'a>,
    matches: Vec<Range<usize>>,
    count: usize,
}

/// A word of a question.
struct Wanted<'a> {
    word: &'a str,
    /// Where words that are only like it count.
    spelt: Option<Spelt<'a>>,
}

impl<'a> Wanted<'a> {
    fn new(word: &'a str, fit: Fit) -> Self {
        let spelt = (fit == Fit::Alike).then(|| Spelt::new(word)).flatten();
        Self { word, spelt }
    }

    fn grade(&self, word: &Word) -> Option<Grade> {
        if word.folded == self.word {
            return Some(Grade::Whole);
        }
        if word.folded.starts_with(self.word) {
            return Some(Grade::Begins);
        }
        let likeness = self.spelt.as_ref()?.likeness(&word.folded);
        (likeness >= ALIKE).then_some(Grade::Like(likeness))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a question has few words")]
fn score(question: &Question, texts: &[Text<'_>], grades: &[Grade], is_in_name: &[bool]) -> f64 {
    let names = texts.iter().filter(|text| text.is_name);
    let names: Vec<String> = names.map(|name| name.said.to_lowercase()).collect();
    if names.contains(&question.text) {
        return NAME;
    }
    let share = is_in_name.iter().filter(|is| **is).count() as f64 / is_in_name.len() as f64;
    let rank = if names.iter().any(|name| name.starts_with(&question.text)) {
        NAME_BEGINS
    } else if grades.iter().all(|grade| *grade == Grade::Whole) {
        WHOLE
    } else if grades.iter().all(|grade| *grade >= Grade::Begins) {
        BEGINS
    } else {
        let likeness = grades.iter().map(|grade| match grade {
            Grade::Like(likeness) => *likeness,
            Grade::Begins | Grade::Whole => 1.0,
        });
        LIKE + LIKENESS * likeness.sum::<f64>() / grades.len() as f64
    };
    rank + IN_NAME * share
}

/// Some of a text around the first match.
fn snippet(text: &str, matches: &[Range<usize>]) -> Vec<Part> {
    let first = matches.first().map_or(0, |place| place.start);
    let before = text[..first].char_indices().rev().nth(BEFORE_CHARS - 1);
    let begin = before.map_or(0, |(at, _)| {
        // At the beginning of a word.
        let blank = text[at..first].find(char::is_whitespace);
        blank.map_or(at, |blank| at + blank)
    });
    let end = text[begin..]
        .char_indices()
        .nth(SNIPPET_CHARS)
        .map_or(text.len(), |(at, _)| begin + at);
    let mut parts = Vec::new();
    let mut push = |text: &str, is_match| {
        if !text.is_empty() {
            let text = text.to_owned();
            parts.push(Part { text, is_match });
        }
    };
    push(if begin > 0 { "…" } else { "" }, false);
    let mut at = begin;
    for place in matches.iter().filter(|place| place.end <= end) {
        push(&text[at..place.start], false);
        push(&text[place.clone()], true);
        at = place.end;
    }
    push(&text[at..end], false);
    push(if end < text.len() { "…" } else { "" }, false);
    parts
}

#[cfg(test)]
mod tests;
