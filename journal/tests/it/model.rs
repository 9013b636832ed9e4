//! The journal against a model of it: random actions on a simulated disk, crashes at any operation, and after each step
//! the promises of the crate's page.
//!
//! `JOURNAL_SEED=n` runs one seed, `JOURNAL_SEEDS=n` so many. The seed decides the actions, the order of all operations on
//! the disk, where it fails and what a crash leaves.

mod actions;
mod ledger;
mod machine;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::neglect::Neglect;
use crate::random::{Random, given};
use crate::simulated::Mood;
use ledger::{Invariant, Violation};
use machine::{Machine, Summary};

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Nothing.
    None,
    /// Whatever the seed says, whenever it says.
    Random,
    /// The process ends at this operation; power is lost with it, or not.
    At { operation: u64, power: Option<Mood> },
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    seed: u64,
    steps: usize,
    neglect: Neglect,
    trouble: Trouble,
}

/// Says how to run a seed again, should its run end in a panic.
struct Replay(u64);

impl Drop for Replay {
    #[expect(clippy::print_stderr, reason = "it is what whoever reads the failure needs")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("JOURNAL_SEED={} cargo test -p journal model", self.0);
        }
    }
}

fn run(plan: Plan) -> Result<Summary, Violation> {
    let _replay = Replay(plan.seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut machine = Machine::new(plan);
        machine.run().await?;
        Ok(machine.summary())
    })
}

#[track_caller]
fn must_hold(plan: Plan) -> Summary {
    let _replay = Replay(plan.seed);
    match run(plan) {
        Ok(summary) => summary,
        Err(violation) => panic!("{violation}\n{plan:?}"),
    }
}

/// A run mostly waits for its journal's threads, so many go side by side, each with a machine of its own.
const RUNS_AT_ONCE: usize = 8;

/// Runs all plans; a panic in one of them fails the test.
fn all_must_hold(plans: &[Plan]) -> Summary {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..RUNS_AT_ONCE {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let summary = must_hold(*plan);
                    total.lock().unwrap().add(summary);
                }
            });
        }
    });
    total.into_inner().unwrap()
}

/// The seeds of a test: the given one, as many as are given, or a few.
#[expect(
    clippy::print_stdout,
    reason = "libtest shows it when asked to, or when the test fails"
)]
fn seeds(few: u64) -> std::ops::Range<u64> {
    match (given("JOURNAL_SEED"), given("JOURNAL_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        // Others than in the runs that everybody makes.
        (None, Some(many)) => {
            let begin = Random::new(crate::random::seed()).below(1 << 40);
            println!("seeds {begin} to {}", begin + many - 1);
            begin..begin + many
        }
        (None, None) => 1..few + 1,
    }
}

#[test]
fn model_random_actions_and_crashes_break_no_promise() {
    let plan = |seed| Plan {
        seed,
        steps: 60,
        neglect: Neglect::Nothing,
        trouble: Trouble::Random,
    };
    let plans: Vec<Plan> = seeds(60).map(plan).collect();
    println!("{:?}", all_must_hold(&plans));
}

#[test]
fn model_a_crash_at_every_operation_breaks_no_promise() {
    let mut plans = Vec::new();
    for seed in seeds(2) {
        let calm = Plan {
            seed,
            steps: 8,
            neglect: Neglect::Nothing,
            trouble: Trouble::None,
        };
        let operations = must_hold(calm).operations;
        assert!(operations > 0, "a run that does nothing proves nothing");
        for operation in 1..=operations {
            let powers = [Some(Mood::Lost), Some(Mood::Kept), Some(Mood::Mixed(50)), None];
            plans.extend(powers.map(|power| Plan {
                trouble: Trouble::At { operation, power },
                ..calm
            }));
        }
    }
    let total = all_must_hold(&plans);
    println!("{} crashes: {total:?}", plans.len());
}

#[test]
fn model_a_seed_decides_everything() {
    let mut compared = 0;
    for seed in seeds(10) {
        for trouble in [Trouble::None, Trouble::Random] {
            let plan = Plan {
                seed,
                steps: 40,
                neglect: Neglect::Nothing,
                trouble,
            };
            let (first, second) = (must_hold(plan), must_hold(plan));
            // A full journal looks for room by the clock, which no seed decides.
            if first.full == 0 {
                assert_eq!(first, second, "{plan:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "every seed has met a full disk");
}

/// Runs seeds of a journal that neglects something until the model notices; says what it noticed.
#[expect(
    clippy::print_stdout,
    reason = "libtest shows it when asked to, or when the test fails"
)]
fn first_violation(neglect: Neglect, steps: usize) -> Option<Violation> {
    (1..=400).find_map(|seed| {
        let plan = Plan {
            seed,
            steps,
            neglect,
            trouble: Trouble::Random,
        };
        let violation = run(plan).err()?;
        println!("{neglect:?}, seed {seed}: {violation}");
        Some(violation)
    })
}

#[track_caller]
fn must_be_noticed(neglect: Neglect, as_one_of: &[Invariant]) {
    let violation = first_violation(neglect, 60).expect("the model has not noticed it");
    assert!(
        as_one_of.contains(&violation.invariant),
        "{neglect:?}: {violation}"
    );
}

#[test]
fn model_notices_a_missing_directory_sync() {
    must_be_noticed(
        Neglect::DirectorySync,
        &[Invariant::DurableStays, Invariant::Opens],
    );
}

#[test]
fn model_notices_a_tail_that_is_not_cut() {
    must_be_noticed(Neglect::TailCut, &[Invariant::BytesStay, Invariant::Opens]);
}

#[test]
fn model_notices_a_reader_past_the_durable_mark() {
    must_be_noticed(Neglect::ReaderMark, &[Invariant::ReadStays]);
}

#[test]
fn model_notices_a_checksum_without_position() {
    must_be_noticed(Neglect::Position, &[Invariant::BytesStay]);
}

#[test]
fn model_notices_a_record_that_is_acknowledged_before_its_sync() {
    must_be_noticed(Neglect::SegmentSync, &[Invariant::DurableStays, Invariant::Opens]);
}

#[test]
fn model_notices_a_recovery_that_trusts_a_failed_sync() {
    must_be_noticed(
        Neglect::Rewrite,
        &[Invariant::DurableStays, Invariant::BytesStay, Invariant::Opens],
    );
}
