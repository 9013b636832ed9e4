//! The feeds before validators that nobody here wrote. Each script takes every document of a folder, then documents that
//! were spoilt on purpose: those must be refused, so that no validator is asleep.

use std::fs;
use std::path::Path;

use catalogue::feeds::{Address, atom, data_package, dcat, odcs, schema_org};
use catalogue::model::Catalogue;
use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::{clients, validators};

use super::models::{address, bare_address, full, hostile, minimal};

/// A folder for each catalogue, with all its feeds and what they should say.
fn published() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, catalogue, address) in [
        ("full", full(), address()),
        ("minimal", minimal(), bare_address()),
        ("hostile", hostile(), address()),
    ] {
        publish(&folder.path().join(name), &catalogue, &address);
    }
    folder
}

fn publish(folder: &Path, catalogue: &Catalogue, address: &Address) {
    fs::create_dir(folder).unwrap();
    let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
    write("catalogue.ttl", dcat::turtle(catalogue, address));
    write("catalogue.jsonld", dcat::json_ld(catalogue, address));
    write("catalogue.atom", atom::of_catalogue(catalogue, address));
    for dataset in &catalogue.datasets {
        let slug = &dataset.slug;
        write(
            &format!("{slug}.odcs.yaml"),
            odcs::contract(catalogue, dataset, address),
        );
        let package = data_package::descriptor(catalogue, dataset, address);
        write(&format!("{slug}.datapackage.json"), package);
        let page = schema_org::dataset(catalogue, dataset, address);
        write(&format!("{slug}.page.json"), schema_org::for_script(&page));
        write(
            &format!("{slug}.atom"),
            atom::of_dataset(catalogue, dataset, address),
        );
    }
    write("said.json", said(catalogue).to_string());
}

/// What people wrote, for a script that compares it with what it reads.
fn said(catalogue: &Catalogue) -> Value {
    let datasets = catalogue.datasets.iter().map(|dataset| {
        let fields = dataset.fields.iter().map(
            |field| json!({ "name": field.name, "description": field.description, "example": field.example }),
        );
        json!({
            "slug": dataset.slug,
            "title": dataset.title,
            "description": dataset.description,
            "keywords": dataset.keywords,
            "fields": fields.collect::<Vec<_>>(),
            "formulae": dataset.quality.iter().filter(|one| one.value.is_some()).map(|one| &one.formula)
                .collect::<Vec<_>>(),
        })
    });
    json!({
        "title": catalogue.title,
        "description": catalogue.description,
        "publisher": catalogue.publisher.name,
        "datasets": datasets.collect::<Vec<_>>(),
    })
}

/// How many documents of a folder a script accepted, and how many spoilt ones it refused. It fails on any other outcome.
pub(super) async fn judged_by(script: &str, folder: &Path) -> (u64, u64) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut python = validators::python().await;
    python
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(tests.join("validators").join(script))
        // Whoever opens the database's socket may be anybody there, but the validator wants a password.
        .env("DATACONTRACT_POSTGRES_USERNAME", "postgres")
        .env("DATACONTRACT_POSTGRES_PASSWORD", "none")
        .arg(folder)
        .arg(tests.join("shapes"));
    let said = clients::run(python).await;
    let last = said.lines().last().expect("it says how it went");
    let counts: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}"));
    let count = |name: &str| counts[name].as_u64().unwrap();
    (count("accepted"), count("refused"))
}

/// The datasets of all three catalogues.
fn datasets() -> u64 {
    let count: usize = [full(), minimal(), hostile()]
        .iter()
        .map(|catalogue| catalogue.datasets.len())
        .sum();
    count as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn shapes_of_dcat_ap_and_dqv_accept_both_graphs_and_refuse_spoilt_ones() {
    let (accepted, refused) = judged_by("shapes.py", published().path()).await;
    // Turtle and JSON-LD of each.
    assert_eq!(accepted, 6);
    assert!(refused >= 20, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn datacontract_lints_every_contract_and_refuses_spoilt_ones() {
    let (accepted, refused) = judged_by("contracts.py", published().path()).await;
    assert_eq!(accepted, datasets());
    assert!(refused >= 10, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frictionless_accepts_every_package_with_its_data_and_refuses_spoilt_ones() {
    let (accepted, refused) = judged_by("packages.py", published().path()).await;
    assert_eq!(accepted, datasets());
    assert!(refused >= 10, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_google_and_feeds_follow_rfc_4287_and_spoilt_ones_do_not() {
    let (accepted, refused) = judged_by("pages.py", published().path()).await;
    // A page and a feed of each dataset, and a feed of each catalogue.
    assert_eq!(accepted, 2 * datasets() + 3);
    assert!(refused >= 15, "{refused}");
}
