//! Runs a target's body without libFuzzer, over the committed corpus and damaged copies of it, so that no target rots
//! between two days of fuzzing. Included by an ordinary test of the crate that the target is about.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many damaged copies of the corpus are run; the same ones each time.
const MUTANTS: usize = 3000;

#[track_caller]
pub(crate) fn corpus(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("read {}: {error}", directory.display()))
        .map(|entry| entry.expect("read the corpus").path())
        .collect();
    files.sort();
    let inputs: Vec<_> = files
        .iter()
        .map(|file| std::fs::read(file).expect("read the corpus"))
        .collect();
    assert!(inputs.len() >= 2, "{} has no corpus", directory.display());
    for (file, input) in files.iter().zip(&inputs) {
        attempt(&file.display().to_string(), input, run);
    }
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for number in 0..MUTANTS {
        let mut input = inputs[number % inputs.len()].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &inputs, &mut random);
        }
        attempt(&format!("mutant {number}"), &input, run);
    }
}

#[track_caller]
fn attempt(name: &str, input: &[u8], run: fn(&[u8])) {
    let outcome = catch_unwind(AssertUnwindSafe(|| run(input)));
    assert!(
        outcome.is_ok(),
        "{name} broke it; escaped, it is {}",
        input.escape_ascii()
    );
}

/// One small damage: bytes changed, cut, doubled or taken from another input.
fn mutate(input: &mut Vec<u8>, inputs: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(24)).min(input.len());
    match random.below(7) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        3 => {
            let other = &inputs[random.below(inputs.len())];
            let from = random.below(other.len() + 1);
            let to = (from + random.below(64)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        4 => input[at..end].fill(if random.below(2) == 0 { 0 } else { 0xff }),
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// Xorshift (Marsaglia 2003): the same damage on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % end.max(1)
    }
}
