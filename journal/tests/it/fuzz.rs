//! The fuzz targets' bodies, over their corpus and damaged copies of it. `make fuzz` runs them for longer.

#[path = "../../../fuzz/bodies/journal.rs"]
mod journal;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

#[test]
fn the_target_journal_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("journal", journal::run);
}
