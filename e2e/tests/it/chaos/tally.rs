//! What rounds have come to, of this run and of those before: a line of JSON a round, in a file that is only added to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::fault::{FAULTS, Fault};
use super::judge::Verdict;
use crate::harness::binary;

#[derive(Debug)]
pub(super) struct Tally {
    file: PathBuf,
    rounds: u64,
    survived: BTreeMap<&'static str, u64>,
    messages: u64,
    lost: u64,
    duplicated: u64,
    wrong: u64,
}

impl Tally {
    /// Of what the file says; it may be missing.
    pub(super) fn read(directory: &Path) -> Self {
        std::fs::create_dir_all(directory).expect("a directory");
        let mut tally = Self {
            file: directory.join("rounds.ndjson"),
            rounds: 0,
            survived: BTreeMap::new(),
            messages: 0,
            lost: 0,
            duplicated: 0,
            wrong: 0,
        };
        let text = std::fs::read_to_string(&tally.file).unwrap_or_default();
        for line in text.lines() {
            // The last line may have been cut off when the run was stopped.
            let Ok(round) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let names = round["faults"].as_array().into_iter().flatten();
            let faults = names.filter_map(|name| FAULTS.into_iter().find(|fault| *name == fault.name()));
            let number = |name: &str| round[name].as_u64().unwrap_or_default();
            tally.add(faults, ["messages", "lost", "duplicated", "wrong"].map(number));
        }
        tally
    }

    fn add(&mut self, faults: impl Iterator<Item = Fault>, [messages, lost, duplicated, wrong]: [u64; 4]) {
        self.rounds += 1;
        self.messages += messages;
        self.lost += lost;
        self.duplicated += duplicated;
        self.wrong += wrong;
        for fault in faults {
            *self.survived.entry(fault.name()).or_default() += 1;
        }
    }

    /// Notes a round.
    pub(super) fn note(&mut self, seed: u64, faults: &[Fault], verdict: &Verdict) {
        let counts = [
            verdict.messages,
            verdict.lost.len() as u64,
            verdict.duplicated.len() as u64,
            verdict.wrong.len() as u64,
        ];
        self.add(faults.iter().copied(), counts);
        let [messages, lost, duplicated, wrong] = counts;
        let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
        let line = json!({
            "at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            "seed": seed,
            "faults": names,
            "messages": messages,
            "lost": lost,
            "duplicated": duplicated,
            "wrong": wrong,
        });
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.file)
            .expect("the tally's file");
        writeln!(file, "{line}").expect("a line");
    }

    /// How often a fault was survived.
    pub(super) fn survived(&self, fault: Fault) -> u64 {
        self.survived.get(fault.name()).copied().unwrap_or_default()
    }

    /// The table, for people.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        for fault in FAULTS {
            let _ = writeln!(table, "{:>6}  {}", self.survived(fault), fault.name());
        }
        let _ = writeln!(
            table,
            "{} rounds, {} messages checked: {} lost, {} duplicated, {} otherwise wrong",
            self.rounds, self.messages, self.lost, self.duplicated, self.wrong
        );
        table
    }
}

/// Where rounds add up unless told otherwise: beside what is built.
pub(super) fn directory() -> PathBuf {
    let built = binary();
    built
        .parent()
        .and_then(Path::parent)
        .expect("target/debug")
        .join("chaos")
}
