//! Any catalogue, with whatever people may write in it.

use catalogue::model::{
    Access, Catalogue, Change, Dataset, Field, FieldUnit, FreshnessStatus, Kind, Licence, Party, Period,
    Release, SemanticVersion, Stewardship,
};
use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::models::{HOSTILE, field, full};

/// Any text, hostile ones often. Databases take none with a zero byte.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let any_text = vec(any::<char>().prop_filter("no zero byte", |c| *c != '\0'), 0..30);
    prop_oneof![
        select(&HOSTILE[..]).prop_map(str::to_owned),
        any_text.prop_map(String::from_iter),
        "[ -~]{0,600}",
    ]
}

fn words() -> impl Strategy<Value = String> {
    text().prop_filter("not blank", |text| !text.trim().is_empty())
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800_000_000_i64..4_102_444_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn party() -> impl Strategy<Value = Party> {
    (words(), any::<Option<bool>>(), text(), text()).prop_map(|(name, with, email, homepage)| Party {
        name,
        email: (with != Some(false)).then_some(email),
        homepage: (with != Some(true)).then_some(homepage),
    })
}

fn unit() -> impl Strategy<Value = FieldUnit> {
    prop_oneof![
        Just(FieldUnit::None),
        Just(FieldUnit::OfSensor),
        Just(FieldUnit::FromSensor("of the sensor, squared".to_owned())),
        words().prop_map(FieldUnit::Unmapped),
        words().prop_map(|declared| FieldUnit::Known {
            declared,
            ucum: "Cel",
            qudt: "http://qudt.org/vocab/unit/DEG_C",
            quantity_kind: "Temperature",
            symbol: "°C",
        }),
    ]
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    let one = (
        words(),
        proptest::option::of(text()),
        unit(),
        select(
            &[
                "text",
                "timestamp with time zone",
                "double precision",
                "smallint",
                "jsonb",
                "my type",
            ][..],
        ),
        any::<(bool, bool)>(),
    );
    vec(one, 0..6).prop_map(|fields| {
        let with_place = fields.into_iter().enumerate();
        with_place
            .map(
                |(place, (name, description, unit, sql_type, (is_nullable, is_key)))| Field {
                    description,
                    unit,
                    is_nullable,
                    is_key,
                    // No two columns of a table have the same name.
                    ..field(&format!("{name}{place}"), sql_type)
                },
            )
            .collect()
    })
}

fn releases() -> impl Strategy<Value = Vec<Release>> {
    let change = (any::<bool>(), words(), words()).prop_map(|(is_breaking, path, summary)| Change {
        is_breaking,
        path,
        summary,
    });
    let release =
        (any::<(u8, u8, u8)>(), instant(), vec(change, 0..3)).prop_map(|(version, released_at, changes)| {
            let (major, minor, patch) = version;
            Release {
                version: SemanticVersion {
                    major: major.into(),
                    minor: minor.into(),
                    patch: patch.into(),
                },
                released_at,
                changes,
            }
        });
    vec(release, 0..4)
}

fn dataset() -> impl Strategy<Value = Dataset> {
    let words_of_it = (words(), proptest::option::of(text()), vec(words(), 0..3));
    let known = (
        fields(),
        releases(),
        proptest::option::of((instant(), instant())),
        select(&Kind::ALL[..]),
        select(&FreshnessStatus::ALL[..]),
        any::<bool>(),
    );
    let people = (
        proptest::option::of(party()),
        proptest::option::of(party()),
        proptest::option::of((words(), text())),
    );
    (words_of_it, known, people, 0..7_usize).prop_map(|(words_of_it, known, people, like)| {
        let (title, description, keywords) = words_of_it;
        let (fields, releases, period, kind, status, is_open) = known;
        let (owner, contact, licence) = people;
        let mut dataset = full().datasets.swap_remove(like);
        dataset.extent.period = period.map(|(a, b)| Period {
            from: a.min(b),
            to: a.max(b),
        });
        dataset.freshness.status = status;
        Dataset {
            title,
            description,
            keywords,
            kind,
            fields,
            releases,
            access: if is_open { Access::Anybody } else { Access::WithKey },
            stewardship: Stewardship {
                owner,
                contact,
                licence: licence.map(|(name, url)| Licence { name, url }),
                ..dataset.stewardship
            },
            ..dataset
        }
    })
}

/// Any catalogue of up to four datasets.
pub(crate) fn catalogue() -> impl Strategy<Value = Catalogue> {
    (words(), text(), party(), vec(dataset(), 0..4), instant()).prop_map(
        |(title, description, publisher, mut datasets, computed_at)| {
            for (place, dataset) in datasets.iter_mut().enumerate() {
                dataset.slug = format!("{}-{place}", dataset.slug);
            }
            Catalogue {
                title,
                description,
                publisher,
                language: "en".to_owned(),
                datasets,
                computed_at,
            }
        },
    )
}
