//! The reference pages of errors and of limits say what the program says.

use std::collections::BTreeMap;

use api::ErrorCode;

use crate::contract::parts;
use crate::world::{World, open};

#[test]
fn the_reference_page_has_every_code_with_its_status() {
    let page = include_str!("../../../docs/reference/errors.md");
    // Lines of the table: | `CODE` | status | …
    let documented: BTreeMap<&str, u16> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line
                .strip_prefix("| `")?
                .split('|')
                .map(|cell| cell.trim().trim_matches('`'));
            Some((cells.next()?, cells.next()?.parse().ok()?))
        })
        .collect();
    let known = ErrorCode::ALL
        .into_iter()
        .map(|code| (code.as_str(), code.status()))
        .collect();
    assert_eq!(documented, known);
}

#[tokio::test]
async fn the_reference_page_has_every_limit_with_its_default() {
    let page = include_str!("../../../docs/reference/limits.md");
    // Lines of the tables: | … | `name` | default |
    let documented: BTreeMap<String, f64> = page
        .lines()
        .filter_map(|line| {
            let (rest, default) = line.strip_suffix(" |")?.rsplit_once(" | ")?;
            let name = rest.strip_suffix('`')?.rsplit_once('`')?.1;
            Some((name.to_owned(), default.parse().ok()?))
        })
        .collect();
    let names: Vec<String> = parts(&api::sdl())
        .into_keys()
        .filter_map(|path| path.strip_prefix("Limits.").map(str::to_owned))
        .collect();
    let world = World::without_database(open()).await;
    let data = world
        .data(&format!("{{ service {{ limits {{ {} }} }} }}", names.join(" ")))
        .await;
    let known = names
        .into_iter()
        .map(|name| {
            let value = data["service"]["limits"][&name].as_f64().unwrap();
            (name, value)
        })
        .collect();
    assert_eq!(documented, known);
}
