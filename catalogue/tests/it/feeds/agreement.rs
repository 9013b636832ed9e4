//! All feeds say the same of a dataset, whatever the model holds.

use catalogue::feeds::{atom, data_package, dcat, odcs, schema_org};
use catalogue::model::{Access, Catalogue, Dataset, FieldUnit, FreshnessStatus};
use chrono::SecondsFormat;
use proptest::prelude::*;

use super::models::{address, bare_address, full, hostile, minimal};
use super::read::{self, Said};
use super::strategies;

/// What a feed should say of a dataset.
fn expected(dataset: &Dataset) -> Said {
    let instant = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let grows = matches!(
        dataset.freshness.status,
        FreshnessStatus::Fresh | FreshnessStatus::Late
    );
    let period = dataset.extent.period.map(|period| {
        let to = if grows {
            "..".to_owned()
        } else {
            instant(period.to)
        };
        format!("{}/{to}", instant(period.from))
    });
    let unit = |unit: &FieldUnit| match unit {
        FieldUnit::None => None,
        FieldUnit::OfSensor => Some("of the sensor".to_owned()),
        FieldUnit::Known { symbol, .. } => Some((*symbol).to_owned()),
        FieldUnit::FromSensor(declared) | FieldUnit::Unmapped(declared) => Some(declared.clone()),
    };
    let description = dataset.description.clone();
    Said {
        title: dataset.title.clone(),
        description: description
            .filter(|description| !description.trim().is_empty())
            .unwrap_or_else(|| format!("Nobody has described {} yet.", dataset.title)),
        version: dataset
            .releases
            .first()
            .map(|release| release.version.to_string()),
        period,
        keywords: dataset.keywords.clone(),
        fields: Some(
            dataset
                .fields
                .iter()
                .map(|field| (field.name.clone(), unit(&field.unit)))
                .collect(),
        ),
    }
}

/// The same text as XML can say it.
fn in_xml(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => c,
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            other => other,
        })
        .collect()
}

/// What a feed calls the announcements and incidents of a dataset.
fn others(dataset: &Dataset) -> Vec<String> {
    let announcements = dataset.announcements.iter().map(|one| {
        let kind = one.kind.as_str().replace('_', " ");
        let mark = one.withdrawn_at.map_or("", |_| " (withdrawn)");
        in_xml(&format!("{}, {kind}: {}{mark}", dataset.title, one.title))
    });
    let incidents = dataset.incidents.iter().map(|one| {
        let sensor = one
            .sensor
            .as_ref()
            .map_or(String::new(), |sensor| format!(", {sensor}"));
        let mark = one.ended_at.map_or("", |_| " (over)");
        in_xml(&format!("{}{sensor}: {}{mark}", dataset.title, one.kind.as_str()))
    });
    announcements.chain(incidents).collect()
}

fn each_once(words: &[String]) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for word in words {
        if !known.contains(word) {
            known.push(word.clone());
        }
    }
    known
}

fn agree(catalogue: &Catalogue) {
    let address = address();
    let turtle = read::triples(&dcat::turtle(catalogue, &address));
    let json_ld = read::triples_of_json_ld(&dcat::json_ld(catalogue, &address));
    assert_eq!(turtle, json_ld, "Turtle and JSON-LD are two graphs");
    let mut entries = Vec::new();
    for dataset in &catalogue.datasets {
        let wanted = expected(dataset);
        // A graph has no fields, and says each keyword once.
        let of_graph = Said {
            fields: None,
            keywords: each_once(&wanted.keywords),
            ..wanted.clone()
        };
        assert_eq!(read::dcat(&turtle, &address.dataset(&dataset.slug)), of_graph);
        let contract = odcs::contract(catalogue, dataset, &address);
        assert_eq!(read::odcs(&contract), wanted, "{contract}");
        let package = data_package::descriptor(catalogue, dataset, &address);
        assert_eq!(read::package(&package), wanted);
        let script = schema_org::for_script(&schema_org::dataset(catalogue, dataset, &address));
        let mut on_page = read::schema_org(&script);
        // Too short a description is added to, too long a one cut.
        let common = wanted.description.chars().take(4_999).collect::<String>();
        assert!(on_page.description.starts_with(&common), "{on_page:?}");
        on_page.description.clone_from(&wanted.description);
        assert_eq!(on_page, wanted);
        let mut titles: Vec<String> = dataset
            .releases
            .iter()
            .map(|release| {
                let is_breaking = release.changes.iter().any(|change| change.is_breaking);
                let mark = if is_breaking { " (breaking)" } else { "" };
                in_xml(&format!("{} {}{mark}", dataset.title, release.version))
            })
            .collect();
        titles.extend(others(dataset));
        let mut said = read::titles(&atom::of_dataset(catalogue, dataset, &address));
        let mut wanted = titles.clone();
        said.sort();
        wanted.sort();
        assert_eq!(said, wanted);
        entries.extend(titles);
    }
    let mut said = read::titles(&atom::of_catalogue(catalogue, &address));
    said.sort();
    entries.sort();
    assert_eq!(said, entries);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn all_feeds_agree_on_title_version_fields_units_and_period(catalogue in strategies::catalogue()) {
        agree(&catalogue);
    }

    #[test]
    fn nothing_in_a_script_of_a_page_ends_it(catalogue in strategies::catalogue()) {
        for dataset in &catalogue.datasets {
            let script = schema_org::for_script(&schema_org::dataset(&catalogue, dataset, &address()));
            prop_assert!(!script.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{}", script);
        }
    }
}

#[test]
fn the_full_the_minimal_and_the_hostile_catalogue_agree_with_themselves() {
    for catalogue in [full(), minimal(), hostile()] {
        agree(&catalogue);
    }
}

#[test]
fn what_is_not_in_the_catalogue_is_not_named_by_what_is_made_from_it() {
    let mut catalogue = full();
    catalogue
        .datasets
        .retain(|dataset| dataset.slug != "raw-messages");
    let address = bare_address();
    let dataset = catalogue.dataset("readings").unwrap();
    for feed in [
        dcat::turtle(&catalogue, &address),
        odcs::contract(&catalogue, dataset, &address),
        data_package::descriptor(&catalogue, dataset, &address),
        schema_org::dataset(&catalogue, dataset, &address).to_string(),
    ] {
        assert!(!feed.contains("raw-messages") && !feed.contains("raw/"), "{feed}");
    }
}

#[test]
fn database_and_bucket_are_named_only_where_the_operator_says_so() {
    let catalogue = full();
    let all = |address| {
        let contracts = catalogue
            .datasets
            .iter()
            .map(|dataset| odcs::contract(&catalogue, dataset, &address));
        let contracts: String = contracts.collect();
        contracts + &dcat::turtle(&catalogue, &address)
    };
    let (named, bare) = (all(address()), all(bare_address()));
    for word in [
        "db.example.org",
        "postgres",
        "s3://fieldbook-raw",
        "s3.example.org",
    ] {
        assert!(named.contains(word), "{word}");
        assert!(!bare.contains(word), "{word}");
    }
}

#[test]
fn a_dimension_that_does_not_apply_has_no_measurement() {
    let turtle = read::triples(&dcat::turtle(&full(), &address()));
    let measured = |name: &str| {
        let subject = address().dataset("readings") + "#measured-" + name;
        let key = (subject, "http://www.w3.org/ns/dqv#value".to_owned());
        turtle.get(&key).cloned()
    };
    assert_eq!(measured("uniqueness"), Some(vec!["1".to_owned()]));
    assert_eq!(measured("freshness"), Some(vec!["FRESH".to_owned()]));
    assert_eq!(measured("age"), Some(vec!["4.5".to_owned()]));
    assert_eq!(measured("plausibility"), None);
}

#[test]
fn a_dataset_behind_a_key_is_restricted_and_of_it_nobody_says_that_it_is_free() {
    let mut catalogue = full();
    let key = (
        address().dataset("readings"),
        "http://purl.org/dc/terms/accessRights".to_owned(),
    );
    for (access, code, is_free) in [
        (Access::Anybody, "PUBLIC", Some(true)),
        (Access::WithKey, "RESTRICTED", None),
    ] {
        catalogue.datasets[1].access = access;
        let turtle = read::triples(&dcat::turtle(&catalogue, &address()));
        assert!(turtle[&key][0].ends_with(code), "{:?}", turtle[&key]);
        let page = schema_org::dataset(&catalogue, &catalogue.datasets[1], &address());
        assert_eq!(
            page.get("isAccessibleForFree")
                .and_then(serde_json::Value::as_bool),
            is_free
        );
    }
}

#[test]
fn identities_stay_while_what_is_said_changes() {
    let ids = |catalogue: &Catalogue| {
        let atom = atom::of_catalogue(catalogue, &address());
        let ids = atom
            .split("<id>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let before = full();
    let mut after = full();
    after.title = "Another title".to_owned();
    after.datasets[1].title = "Another one".to_owned();
    after.computed_at += chrono::TimeDelta::hours(1);
    assert_eq!(ids(&before), ids(&after));
    let mut each = ids(&before);
    each.sort();
    each.dedup();
    assert_eq!(each.len(), ids(&before).len(), "two entries have the same id");
}

#[test]
fn a_feed_holds_the_newest_releases_up_to_its_limit() {
    let mut catalogue = full();
    let dataset = &mut catalogue.datasets[1];
    let first = dataset.releases[1].clone();
    dataset.releases = (0..u32::try_from(atom::ENTRIES_MAX).unwrap() + 5)
        .rev()
        .map(|minor| {
            let mut release = first.clone();
            release.version.minor = minor;
            release.released_at += chrono::TimeDelta::hours(minor.into());
            release
        })
        .collect();
    let dataset = &catalogue.datasets[1];
    let mut titles = read::titles(&atom::of_dataset(&catalogue, dataset, &address()));
    // Nothing else is crowded out.
    let others = others(dataset);
    let all = titles.len();
    titles.retain(|title| !others.contains(title));
    assert_eq!(all - titles.len(), others.len());
    assert_eq!(titles.len(), atom::ENTRIES_MAX);
    assert_eq!(titles[0], "Readings 1.104.0");
    assert_eq!(titles[99], "Readings 1.5.0");
}

#[test]
fn an_entry_says_when_it_changed_and_the_newest_change_comes_first() {
    let catalogue = full();
    let feed = atom::of_dataset(&catalogue, &catalogue.datasets[1], &address());
    assert_eq!(
        read::titles(&feed),
        [
            "Readings, Sensor 1: stale",
            "Readings: late (over)",
            "Readings, known error: Wrong by a degree (withdrawn)",
            "Readings, planned outage: New pumps",
            "Readings 2.0.0 (breaking)",
            "Readings 1.0.0",
        ]
    );
    let entry = |title: &str| {
        let entries = feed.split("<entry>").skip(1);
        let found = entries.into_iter().find(|entry| entry.contains(title)).unwrap();
        found.to_owned()
    };
    let over = entry("late (over)");
    assert!(
        over.contains("<published>2026-11-25T10:00:00Z</published>"),
        "{over}"
    );
    assert!(over.contains("<updated>2026-11-25T10:05:00Z</updated>"), "{over}");
    assert!(
        over.contains("From 2026-11-25T10:00:00Z to 2026-11-25T10:05:00Z. 4 of 5"),
        "{over}"
    );
    assert!(
        over.contains("term=\"incident\"") && over.contains("term=\"late\""),
        "{over}"
    );
    let works = entry("New pumps");
    assert!(
        works.contains("<updated>2026-11-22T08:00:00Z</updated>"),
        "{works}"
    );
    assert!(
        works.contains("From 2026-12-01T06:00:00Z to 2026-12-01T18:00:00Z.\nNothing is measured"),
        "{works}"
    );
    assert!(works.contains("term=\"planned_outage\""), "{works}");
}
