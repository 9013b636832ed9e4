//! The page about losing nothing names tests: they must be there.

use std::path::Path;

/// Whether a function of this name stands in a file below a folder.
fn has(folder: &Path, declared: &str) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            has(&path, declared)
        } else {
            path.extension().is_some_and(|ending| ending == "rs")
                && std::fs::read_to_string(&path).expect("a file").contains(declared)
        }
    })
}

#[test]
fn each_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the repository");
    let page = std::fs::read_to_string(root.join("docs/losing-nothing.md")).expect("the page");
    let named: Vec<(&str, &str)> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|word| word.split_once(": "))
        .filter(|(_, name)| {
            name.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        })
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for way in 1..=16 {
        assert!(page.contains(&format!("\n| F{way} |")), "F{way}");
    }
    let missing: Vec<_> = named
        .into_iter()
        .filter(|(package, name)| !has(&root.join(package).join("tests"), &format!("fn {name}(")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
