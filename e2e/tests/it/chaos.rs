//! Proof by fire: the real program, its neighbours, a producer that remembers what was acknowledged to it, and everything
//! that can go wrong between them. After each round a judge looks for what was lost and what is there twice.
//!
//! `make chaos` goes on for as long as it is told; here is a few minutes of it. docs/losing-nothing.md says what it proves.

mod campaign;
mod controls;
mod fault;
mod gates;
mod instants;
mod judge;
mod ledger;
mod producer;
mod random;
mod small_disk;
mod tally;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use self::campaign::Campaign;
use self::fault::FAULTS;
use self::tally::Tally;
use crate::harness::{DEADLINE, Serve};

/// So long it goes on without being told, and until each kind of fault has struck once.
const SHORT: Duration = Duration::from_secs(100);

/// A fault that doesn't come to strike in so many rounds is a defect of these tests.
const ROUNDS_FOR_EACH: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_of_random_faults_lose_nothing_and_double_nothing() {
    let minutes = variable("CHAOS_MINUTES");
    let time = minutes.map_or(SHORT, |minutes| Duration::from_secs(60 * minutes));
    let seed = variable("CHAOS_SEED");
    let directory = std::env::var_os("CHAOS_DIR").map_or_else(tally::directory, PathBuf::from);
    let mut tally = Tally::read(&directory);
    // Without time to spare, what has come before counts for nothing: each kind must strike now.
    let mut struck = [0; FAULTS.len()];
    let mut tried = [0; FAULTS.len()];

    let mut campaign = Box::pin(Campaign::begin()).await;
    campaign.patient = minutes.is_some();
    let begin = Instant::now();
    loop {
        let missing = (0..FAULTS.len()).any(|kind| struck[kind] == 0 && tried[kind] < ROUNDS_FOR_EACH);
        let is_over = begin.elapsed() > time && (minutes.is_some() || !missing);
        if is_over || seed.is_some() && tried.iter().sum::<u64>() > 0 {
            break;
        }
        let kind = rarest(|kind| {
            let before = if minutes.is_some() {
                tally.survived(FAULTS[kind])
            } else {
                0
            };
            (before + struck[kind], tried[kind])
        });
        let seed = seed.unwrap_or_else(|| seed_for(kind));
        let kind = usize::try_from(seed % FAULTS.len() as u64).expect("small");
        tried[kind] += 1;
        println!("round {seed}");
        let round = Box::pin(campaign.round(seed)).await;
        for fault in &round.struck {
            let kind = FAULTS
                .iter()
                .position(|known| known == fault)
                .expect("a known one");
            struck[kind] += 1;
        }
        tally.note(seed, &round.struck, &round.verdict);
        let names: Vec<&str> = round.struck.iter().map(|fault| fault.name()).collect();
        println!(
            "round {seed}: {} messages, survived: {}",
            round.verdict.messages,
            names.join("; ")
        );
        assert!(
            round.verdict.is_clean(),
            "CHAOS_SEED={seed}: {}\n{}",
            round.verdict.summary(),
            campaign.world.log()
        );
    }
    println!("{}", tally.table());
    let never: Vec<&str> = (0..FAULTS.len())
        .filter(|kind| minutes.is_none() && seed.is_none() && struck[*kind] == 0)
        .map(|kind| FAULTS[kind].name())
        .collect();
    assert!(never.is_empty(), "these never struck: {never:?}");
    println!("{}", Box::pin(lineage_agrees(&campaign)).await);
    println!("the full disk: {}", campaign.full_disk);
    campaign.world.stop().await;
}

/// What `fieldbook serve` says of it all: the books balance, to the last message.
async fn lineage_agrees(campaign: &Campaign) -> String {
    let serve = Serve::start(&campaign.world.database_url()).await;
    let (messages, readings) = campaign.judge.totals();
    #[expect(
        clippy::cast_precision_loss,
        reason = "GraphQL has whole numbers beyond 32 bits as floats"
    )]
    let expected = messages as f64;
    let question = r#"{ lineage(dataset: "readings") { balanced edges { from to count { item records waiting balanced } } } }"#;
    let begin = Instant::now();
    loop {
        let answer = serve.graphql(question).await;
        let lineage = &answer["data"]["lineage"];
        let edges = lineage["edges"].as_array().cloned().unwrap_or_default();
        let records = |from: &str, to: &str| {
            let edge = edges.iter().find(|edge| {
                let is = |end: &str, kind: &str| edge[end].as_str().is_some_and(|id| id.contains(kind));
                is("from", from) && is("to", to)
            });
            edge.and_then(|edge| edge["count"]["records"].as_f64())
        };
        let archived = records("journal", "raw");
        if lineage["balanced"] == true && archived == Some(expected) {
            let unbalanced = serve
                .graphql("{ segments(unbalanced: true) { journal firstSeq } }")
                .await;
            assert_eq!(
                unbalanced["data"],
                serde_json::json!({ "segments": [] }),
                "{unbalanced}"
            );
            return format!("lineage balances: {messages} messages on S3, {readings} readings");
        }
        assert!(begin.elapsed() < DEADLINE, "lineage says: {answer:#}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A number in the environment.
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

fn rarest<K: Ord>(by: impl Fn(usize) -> K) -> usize {
    (0..FAULTS.len())
        .min_by_key(|kind| by(*kind))
        .expect("there are some")
}

/// A seed of a round in which a kind of fault comes first.
fn seed_for(kind: usize) -> u64 {
    let kinds = FAULTS.len() as u64;
    u64::from(rand_u32()) * kinds + kind as u64
}

fn rand_u32() -> u32 {
    uuid::Uuid::new_v4().as_fields().0
}
