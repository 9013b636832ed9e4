use proptest::prelude::*;

use super::*;

fn sensor<'a>(name: &'a str, description: &'a str) -> [Text<'a>; 2] {
    [Text::name("name", name), Text::about("description", description)]
}

fn score_of(question: &str, name: &str, description: &str, fit: Fit) -> Option<f64> {
    let ranked = rank(&Question::of(question), &sensor(name, description), fit);
    ranked.map(|ranked| ranked.score)
}

fn shown(question: &str, text: &str) -> String {
    let ranked = rank(
        &Question::of(question),
        &[Text::about("description", text)],
        Fit::AsWritten,
    );
    let mut shown = String::new();
    for Part { text, is_match } in ranked.unwrap().snippet {
        if is_match {
            shown.extend(["<", text.as_str(), ">"]);
        } else {
            shown.push_str(&text);
        }
    }
    shown
}

#[test]
fn a_name_goes_before_its_beginning_before_words_before_their_beginnings_before_typos() {
    let in_order = [
        score_of("pump 1", "Pump 1", "", Fit::Alike),
        score_of("pump 1", "Pump 12", "", Fit::Alike),
        score_of("pump 1", "Feed pump 1", "", Fit::Alike),
        score_of("pump 1", "Feed", "pump of line 1", Fit::Alike),
        score_of("pump 1", "Feed pumps 1", "", Fit::Alike),
        score_of("pump 1", "Feed", "pumps of line 1", Fit::Alike),
        score_of("pump 1", "Feed pmump 1", "", Fit::Alike),
        score_of("pump 1", "Feed", "", Fit::Alike),
    ];
    assert!(in_order.is_sorted_by(|one, other| one > other), "{in_order:?}");
    assert_eq!((in_order[0], in_order[7]), (Some(1.0), None));
}

#[test]
fn every_word_must_be_somewhere_and_typos_count_only_where_they_are_asked_for() {
    let north = |question| score_of(question, "Roof", "the north side", Fit::AsWritten);
    assert!(north("roof north").is_some());
    assert_eq!(north("roof south"), None);
    let of_temperature = |fit| score_of("temprature", "Temperature", "", fit);
    assert_eq!(of_temperature(Fit::AsWritten), None);
    assert!(of_temperature(Fit::Alike).is_some());
    assert_eq!(
        score_of("pump13", "pump12", "", Fit::Alike),
        None,
        "numbers are not misspelt"
    );
}

#[test]
fn what_was_found_is_marked_in_what_is_around_it() {
    assert_eq!(
        shown("main", "Main entrance, main hall"),
        "<Main> entrance, <main> hall"
    );
    assert_eq!(
        shown("hall entr", "Main entrance, hall"),
        "Main <entrance>, <hall>"
    );
    let long = format!("{}Zürich hall {}", "before ".repeat(40), "behind ".repeat(40));
    let short = shown("zür", &long);
    assert!(short.starts_with("… before") && short.ends_with('…'), "{short}");
    assert!(short.contains("<Zürich> hall behind"), "{short}");
    assert!(short.chars().count() < SNIPPET_CHARS + 10, "{short}");
}

#[test]
fn the_text_with_most_of_the_words_is_shown() {
    let texts = [
        Text::name("name", "Roof 1"),
        Text::about("labels.site", "North"),
        Text::about("description", "north end of the roof"),
    ];
    let ranked = rank(&Question::of("roof north"), &texts, Fit::AsWritten).unwrap();
    assert_eq!(ranked.found_in, "description");
    let ranked = rank(&Question::of("roof"), &texts, Fit::AsWritten).unwrap();
    assert_eq!(ranked.found_in, "name");
}

proptest! {
    #[test]
    fn whatever_is_asked_of_whatever_text_has_a_score_and_a_part_of_the_text(
        question in "[ab ]{1,6}|\\PC{1,12}", name in "[abc ]{0,8}|\\PC{0,20}", text in "[ab ]{0,300}|\\PC{0,300}",
    ) {
        let question = Question::of(&question);
        prop_assume!(!question.words.is_empty());
        for fit in [Fit::AsWritten, Fit::Alike] {
            if let Some(ranked) = rank(&question, &sensor(&name, &text), fit) {
                prop_assert!(ranked.score > 0.0 && ranked.score <= 1.0);
                let shown: String = ranked.snippet.iter().map(|part| part.text.as_str()).collect();
                let source = if ranked.found_in == "name" { &name } else { &text };
                prop_assert!(source.contains(shown.trim_start_matches('…').trim_end_matches('…')) || source.contains('…'));
                let matched: String =
                    ranked.snippet.iter().filter(|part| part.is_match).map(|part| part.text.as_str()).collect();
                prop_assert!(!matched.is_empty());
            }
        }
    }
}
