//! The schema against that of the last release: nothing breaks unless it was decided, and the changelog names what changed.
//!
//! `schema.released.graphql` is the last release's schema, copied with each release; before the first one it is the schema
//! that clients had before GraphQL was finished. `schema.breaking.txt` is emptied then.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use testbed::clients::npm_program;

use crate::contract::parts;

const RELEASED: &str = include_str!("../../schema.released.graphql");
const CHANGELOG: &str = include_str!("../../../CHANGELOG.md");

/// What changed: each part of one schema that the other has not, or has otherwise.
fn changes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> BTreeSet<String> {
    let paths = old.keys().chain(new.keys());
    paths
        .filter(|path| old.get(*path) != new.get(*path))
        .cloned()
        .collect()
}

/// The words in backticks of the changelog's part about what is not released.
fn named(changelog: &str) -> BTreeSet<&str> {
    let unreleased = changelog
        .split("\n## ")
        .find(|part| part.starts_with("Unreleased"))
        .unwrap_or_default();
    unreleased.split('`').skip(1).step_by(2).collect()
}

/// The changes that nobody who reads the changelog would learn of. A part is told by its own name, a root by its name alone;
/// an argument also with its field, the parts of a new type with the type, and a new type with a new part that has it.
fn untold(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    named: &BTreeSet<&str>,
) -> Vec<String> {
    let changes = changes(old, new);
    let is_named = |path: &str| {
        named.contains(path)
            || path
                .strip_prefix("Query.")
                .is_some_and(|root| named.contains(root))
    };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = told.len();
        for path in &changes {
            let owner = path.split(['.', '(']).next().unwrap_or(path);
            let field = path.split('(').next().unwrap_or(path);
            let is_new_type = !old.contains_key(owner);
            let has_it = |(part, ty): (&String, &String)| {
                !old.contains_key(part)
                    && told.contains(part.as_str())
                    && ty.split(|c: char| !c.is_alphanumeric()).any(|word| word == path)
            };
            if is_named(path)
                || (field != path && told.contains(field))
                || (owner != path && is_new_type && told.contains(owner))
                || (owner == path && new.iter().any(has_it))
            {
                told.insert(path);
            }
        }
        if told.len() == before {
            break;
        }
    }
    changes
        .iter()
        .filter(|path| !told.contains(path.as_str()))
        .cloned()
        .collect()
}

#[test]
fn the_changelog_names_what_changed_in_the_schema() {
    let untold = untold(&parts(RELEASED), &parts(&api::sdl()), &named(CHANGELOG));
    assert!(
        untold.is_empty(),
        "the schema is not that of the last release: tell users under Unreleased in CHANGELOG.md, naming each in backticks: \
         {untold:#?}"
    );
}

#[test]
fn a_change_that_is_not_named_is_found() {
    let old = parts("type Query { a: Int b(x: Int): Int }");
    let new = parts(
        "type Query { a: Int! b(x: Int, y: Int): Int c: New } type New { d: Other } type Other { e: Int }",
    );
    let told = |changelog: &str| untold(&old, &new, &named(changelog));
    let all = [
        "New",
        "New.d",
        "Other",
        "Other.e",
        "Query.a",
        "Query.b(y)",
        "Query.c",
    ];
    assert_eq!(told(""), all);
    // Only what is not released counts, and only in backticks.
    assert_eq!(told("\n## Unreleased\na c `x`\n## 1.0\n`a` `c`"), all);
    assert_eq!(told("\n## Unreleased\n* `c`\n"), ["Query.a", "Query.b(y)"]);
    assert_eq!(
        told("\n## Unreleased\n* `Query.c`, `a` and `Query.b(y)`\n"),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn graphql_inspector_finds_no_breaking_change_but_those_decided_on() {
    let room = tempfile::tempdir().unwrap();
    let new = room.path().join("schema.graphql");
    std::fs::write(&new, api::sdl()).unwrap();
    let accepted: BTreeSet<&str> = include_str!("../../schema.breaking.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let breaking = breaking(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.released.graphql"),
        &new,
    )
    .await;
    let breaking: BTreeSet<&str> = breaking.iter().map(String::as_str).collect();
    assert_eq!(breaking, accepted);

    // It would find one.
    let broken = api::sdl().replacen("  receivedAt: DateTime!", "  receivedAt: DateTime", 1);
    std::fs::write(&new, &broken).unwrap();
    let old = room.path().join("old.graphql");
    std::fs::write(&old, api::sdl()).unwrap();
    let found = self::breaking(&old, &new).await;
    assert!(
        found.len() == 1 && found[0].contains("changed type from DateTime! to DateTime"),
        "{found:?}"
    );
}

/// What breaks between two schemas.
async fn breaking(old: &Path, new: &Path) -> Vec<String> {
    let mut inspector = npm_program("graphql-inspector").await;
    let output = inspector.arg("diff").arg(old).arg(new).output().await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("No changes detected") || said.contains("Detected"),
        "graphql-inspector compares: {said}"
    );
    said.lines()
        .filter_map(|line| line.split_once('✖'))
        .map(|(_, change)| change.trim_start_matches('\u{fe0f}').trim().to_owned())
        .collect()
}
