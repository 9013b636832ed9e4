//! How long what is kept: said on the command line, done by the ingestor, told by the catalogue.

use std::process::Output;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, binary};

async fn run(data: &DataDir, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("retention").args(args).env_clear();
    if args[0] != "raw" {
        command.arg("--data-dir").arg(data.path());
    }
    command.output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Readings for 40 days, minutes for ever; what makes no sense is refused.
async fn set_policy(data: &DataDir) {
    let refused = run(data, &["set", "--minutes", "30", "--by", "a test"]).await;
    assert!(!refused.status.success());
    assert!(
        text(&refused.stderr).contains("at least as long"),
        "{}",
        text(&refused.stderr)
    );
    let refused = run(data, &["set", "--readings", "a month"]).await;
    assert!(
        text(&refused.stderr).contains("forever"),
        "{}",
        text(&refused.stderr)
    );
    let set = run(
        data,
        &[
            "set",
            "--readings",
            "40d",
            "--minutes",
            "forever",
            "--by",
            "a test",
        ],
    )
    .await;
    assert!(set.status.success(), "{}", text(&set.stderr));
    let shown = text(&run(data, &["show"]).await.stdout);
    assert!(
        shown.contains("40 days") && shown.contains("forever") && shown.contains("a test"),
        "{shown}"
    );
}

#[tokio::test]
async fn readings_go_rollups_stay_and_the_catalogue_says_so() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &[]).await;
    let old = chrono::Utc::now() - chrono::TimeDelta::days(50);
    let now = chrono::Utc::now();
    let lines: String = [old, now]
        .map(|time| {
            format!(
                "{{\"id\": \"a\", \"dt\": \"{}\", \"value\": 5}}\n",
                time.to_rfc3339()
            )
        })
        .concat();
    fieldbook.mosquitto_pub(1, &lines).await;
    let old_days = "SELECT count(*) FROM reading_1m WHERE bucket < now() - interval '45 days'";
    fieldbook.wait_number(old_days, 1).await;

    set_policy(&data).await;

    // An ingestor sweeps when it starts, and each hour.
    fieldbook.stop().await;
    let fieldbook = Fieldbook::up(&data, &[]).await;
    fieldbook.wait_number("SELECT count(*) FROM reading", 1).await;
    assert_eq!(fieldbook.number(old_days).await, 1, "the rollup stays");
    let (http, expected) = (&fieldbook, 40.0 * 86_400.0);
    let told = http
        .graphql("{ datasets { nodes { name promise { retentionSeconds } } } }")
        .await;
    let of = |name: &str| {
        let all = told["datasets"]["nodes"].as_array().expect("a list");
        let dataset = all.iter().find(|dataset| dataset["name"] == name).expect(name);
        dataset["promise"]["retentionSeconds"].as_f64()
    };
    assert_eq!(of("reading"), Some(expected), "{told}");
    assert_eq!(of("reading_1m"), None, "{told}");
    let contract = fieldbook.get("/datasets/readings/contract.odcs.yaml").await;
    assert!(
        contract.contains("retention") && contract.contains("P40D"),
        "{contract}"
    );
    // What is from before is taken no more, and lies where one can see why.
    fieldbook.mosquitto_pub(1, &lines).await;
    let refused = "SELECT count(*) FROM quarantined_message WHERE code = 'refused_by_database' AND reason LIKE '%no longer kept%'";
    fieldbook.wait_number(refused, 1).await;
    assert_eq!(fieldbook.number("SELECT count(*) FROM reading").await, 1);
    fieldbook.stop().await;
}

#[tokio::test]
async fn the_rule_for_raw_messages_is_shown_and_a_class_that_cannot_be_read_at_once_is_none() {
    let data = DataDir::new();
    let shown = run(&data, &["raw", "--after", "45", "--s3-prefix", "plant"]).await;
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let rule: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(rule["Rules"][0]["Filter"]["Prefix"], "plant/raw/");
    assert_eq!(rule["Rules"][0]["Transitions"][0]["Days"], 45);
    for wrong in [["--class", "DEEP_ARCHIVE"], ["--after", "29"]] {
        let refused = run(&data, &[&["raw"][..], &wrong[..]].concat()).await;
        assert!(!refused.status.success(), "{}", text(&refused.stdout));
    }
}
