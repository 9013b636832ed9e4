//! The reference page of errors says what the program says.

use std::collections::BTreeMap;

use api::ErrorCode;

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
