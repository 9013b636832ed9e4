//! Lists of readings are written in one piece where nothing of them takes a resolver, and by the library otherwise: the
//! bytes are the same.
//!
//! Each random selection is asked twice, the second time with one more field, last in each reading, that takes a resolver
//! and gives the same everywhere; without it, the second answer must be the first one.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// A field that takes a resolver, and what it gives.
const SLOW: &str = "zz: sensor { latest { flag } }";
const SLOW_GIVES: &str = r#","zz":{"latest":{"flag":"PASS"}}"#;

const RANGE: &str = "from: \"2026-06-01\", to: \"2026-06-02\"";

/// A selection, with the definitions of its fragments.
#[derive(Debug, Clone, Default)]
struct Document {
    selection: String,
    fragments: String,
}

/// A type of the schema, its scalars, and its objects with their types.
#[derive(Debug)]
struct Type {
    name: &'static str,
    scalars: &'static [&'static str],
    objects: &'static [(&'static str, &'static Type)],
}

static READING: Type = Type {
    name: "Reading",
    scalars: &["time", "value", "flag", "receivedAt", "__typename"],
    objects: &[("sensor", &SENSOR)],
};

static SENSOR: Type = Type {
    name: "Sensor",
    scalars: &[
        "id",
        "name",
        "source",
        "type",
        "description",
        "declared",
        "activeSince",
        "expectedIntervalSeconds",
        "__typename",
    ],
    objects: &[
        ("unit", &UNIT),
        ("location", &LOCATION),
        ("range", &BOUNDS),
        ("labels", &LABEL),
    ],
};

static UNIT: Type = Type {
    name: "Unit",
    scalars: &["declared", "symbol", "ucum", "qudt", "quantityKind", "__typename"],
    objects: &[],
};

static LOCATION: Type = Type {
    name: "Location",
    scalars: &["lat", "lng", "__typename"],
    objects: &[],
};

static BOUNDS: Type = Type {
    name: "Range",
    scalars: &["min", "max", "__typename"],
    objects: &[],
};

static LABEL: Type = Type {
    name: "Label",
    scalars: &["key", "value", "__typename"],
    objects: &[],
};

/// How a selected field is written down. An alias tells the field, so that the same key never means two of them.
fn written(field: &'static str) -> impl Strategy<Value = String> {
    let alias = prop_oneof![
        3 => Just(String::new()),
        1 => Just(format!("{field}_1: ")),
        1 => Just(format!("{field}_2: ")),
    ];
    let directive = prop_oneof![
        6 => Just(""),
        1 => Just(" @include(if: true)"),
        1 => Just(" @include(if: $yes)"),
        1 => Just(" @skip(if: $yes)"),
        1 => Just(" @skip(if: false)"),
    ];
    // An object's directive stands between its name and its selection.
    (alias, directive).prop_map(move |(alias, directive)| format!("{alias}{field}{directive}"))
}

/// A few selections of a type, some in fragments.
fn selection(of: &'static Type, depth: u32) -> BoxedStrategy<Document> {
    let mut choices: Vec<(u32, BoxedStrategy<Document>)> = vec![(
        6,
        proptest::sample::select(of.scalars)
            .prop_flat_map(written)
            .prop_map(|selection| Document {
                selection,
                fragments: String::new(),
            })
            .boxed(),
    )];
    if !of.objects.is_empty() {
        let object = proptest::sample::select(of.objects).prop_flat_map(|(field, below)| {
            (written(field), selection(below, 2)).prop_map(|(field, below)| Document {
                selection: format!("{field} {{ {} }}", below.selection),
                fragments: below.fragments,
            })
        });
        choices.push((4, object.boxed()));
    }
    if depth > 0 {
        let inner = || selection(of, depth - 1);
        let inline = (inner(), any::<bool>()).prop_map(|(inner, named)| Document {
            selection: if named {
                format!("... on {} {{ {} }}", of.name, inner.selection)
            } else {
                format!("... {{ {} }}", inner.selection)
            },
            fragments: inner.fragments,
        });
        // Equal names are equal fragments: the name tells the selection.
        let spread = inner().prop_map(|inner| {
            let name = format!("{}_{:x}", of.name, hash(&inner.selection));
            let fragment = format!("fragment {name} on {} {{ {} }}\n", of.name, inner.selection);
            Document {
                selection: format!("...{name}"),
                fragments: inner.fragments + &fragment,
            }
        });
        choices.push((1, inline.boxed()));
        choices.push((1, spread.boxed()));
    }
    proptest::collection::vec(proptest::strategy::Union::new_weighted(choices), 1..5)
        .prop_map(|parts| {
            let mut whole = Document::default();
            for part in parts {
                whole.selection = format!("{} {}", whole.selection, part.selection);
                whole.fragments += &part.fragments;
            }
            whole
        })
        .boxed()
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Each definition once.
fn once(fragments: &str) -> String {
    let mut lines: Vec<&str> = fragments.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    lines.join("\n")
}

/// Lists, with a place for a selection of readings.
const LISTS: [&str; 10] = [
    "readings(sensor: \"full\", RANGE) { nodes { HERE } }",
    "readings(RANGE) { nodes { HERE } pageInfo { endCursor } }",
    "readings(RANGE, order: DESC, first: 3) { edges { cursor node { HERE } __typename c: cursor } }",
    "readings(RANGE) { edges { ... { node { HERE } } } edges { cursor } }",
    "latest { HERE }",
    "latest(sensors: [\"plain\", \"full\"]) { HERE }",
    "sensors { nodes { name readings(RANGE) { nodes { HERE } } } }",
    "sensors(first: 2) { edges { cursor node { labels { value } latest { HERE } r: readings(RANGE, first: 2, order: DESC) { \
     edges { cursor node { HERE } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } __typename } } } }",
    "sensors { nodes { latest { value } latest { HERE } } nodes { readings(first: $two, RANGE) { nodes { HERE } } } }",
    "sensors(filter: {names: [\"nobody\"]}) { nodes { readings(RANGE) { nodes { HERE } } latest { HERE } } edges { cursor } \
     p: pageInfo { endCursor } } latest { HERE }",
];

async fn world(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let full = world.declare(vec![thermometer("full")]).await;
    let plain = world.sensors(&["plain", "z \"quoted\" \u{1} ü"]).await;
    for sensor in full.into_iter().chain(plain) {
        world
            .insert_readings(&format!(
                "SELECT TIMESTAMPTZ '2026-06-01T10:00:00Z' + i * INTERVAL '1.0005 second' + {sensor} * INTERVAL '1 ms', \
                        (ARRAY[0, -1.5, 1e300, 1e-7, 12345678.9])[i + 1], TIMESTAMPTZ '2026-06-01T11:00:00Z' + i * INTERVAL '1 us', \
                        i, {sensor}, (ARRAY[1, 2, 3, 4, 1])[i + 1], 1 FROM generate_series(0, 4) AS i"
            ))
            .await;
    }
    world
}

/// The answer as it came; `None` when the question is larger than a limit.
async fn bytes(world: &World, query: &str, fragments: &str) -> Option<String> {
    // The variable must be used somewhere.
    let used = "service { version @include(if: $yes) }";
    let also = if query.contains("$two") {
        ", $two: Int = 2"
    } else {
        ""
    };
    let query = format!("query($yes: Boolean = true{also}) {{ {query} {used} }}\n{fragments}");
    let request = world
        .client
        .post(world.url("/graphql"))
        .json(&json!({ "query": query }));
    let text = request.send().await.unwrap().text().await.unwrap();
    // The other document has more to cost.
    let text = text
        .split(",\"extensions\":{\"cost\"")
        .next()
        .unwrap_or_default()
        .to_owned();
    let is_too_large = text.contains("LIMIT_EXCEEDED");
    assert!(is_too_large || !text.contains("\"errors\""), "{text}\n{query}");
    (!is_too_large).then_some(text)
}

testbed::both! {
    async fn the_fast_way_and_the_library_give_the_same_bytes(database: TestDatabase) {
        let world = world(database).await;
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let mut compared = 0;
        for _ in 0..25 {
            let tree = selection(&READING, 2).new_tree(&mut runner).unwrap();
            let Document { selection, fragments } = tree.current();
            let fragments = once(&fragments);
            for list in LISTS {
                let list = list.replace("RANGE", RANGE);
                let with_resolver = list.replace("HERE", &format!("{selection} {SLOW}"));
                let Some(slow) = bytes(&world, &with_resolver, &fragments).await else { continue };
                let fast = bytes(&world, &list.replace("HERE", &selection), &fragments).await.unwrap();
                assert!(slow.contains(&SLOW_GIVES[1..]), "{slow}");
                // It stands alone where everything else is skipped.
                let slow = slow.replace(SLOW_GIVES, "").replace(&SLOW_GIVES[1..], "");
                assert_eq!(fast, slow, "{list} with {selection}\n{fragments}");
                compared += 1;
            }
        }
        assert!(compared > 100, "only {compared} selections are within the limits");
    }
}

#[tokio::test]
async fn a_list_without_a_reading_is_empty_either_way() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    for selection in ["time", "time sensor { name }", SLOW] {
        let list =
            format!("readings({RANGE}) {{ nodes {{ {selection} }} edges {{ node {{ {selection} }} }} }}");
        let data = world
            .data(&format!("{{ {list} latest {{ {selection} }} }}"))
            .await;
        assert_eq!(
            data,
            json!({ "readings": { "nodes": [], "edges": [] }, "latest": [] })
        );
    }
}
