//! The pages in a real browser: every page at every width, and what people do with them.

use std::path::Path;
use std::time::Duration;

use crate::harness::{DataDir, Fieldbook, free_address};

/// Seconds that a script drives the browser at most.
const DRIVES_FOR: Duration = Duration::from_mins(5);

#[tokio::test]
async fn every_page_is_whole_and_people_find_their_way() {
    let data = DataDir::new();
    let (http, mqtt) = (free_address(), free_address());
    let fieldbook = Fieldbook::up_with(&data, http, mqtt, &["--no-history"]).await;
    // Some readings of every sensor that lives.
    fieldbook
        .wait_number("SELECT count(DISTINCT sensor_id) FROM reading", 11)
        .await;
    for script in ["pages.mjs", "journeys.mjs"] {
        drive(script, &format!("http://{http}")).await;
    }
    fieldbook.stop().await;
}

/// Runs a script of `e2e/browser`; what it finds wrong is in the panic.
async fn drive(script: &str, url: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let mut node = testbed::clients::node_of(&folder, script).await;
    node.env("FIELDBOOK_URL", url);
    let said = tokio::time::timeout(DRIVES_FOR, testbed::clients::run(node));
    said.await.expect("the browser comes to an end");
}
