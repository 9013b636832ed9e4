//! The fuzz targets' bodies, over their corpus and damaged copies of it. `make fuzz` runs them for longer.

#[path = "../../../fuzz/bodies/cursor.rs"]
mod cursor;
#[path = "../../../fuzz/bodies/query.rs"]
mod query;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;

#[test]
fn the_target_cursor_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("cursor", cursor::run);
}

#[test]
fn the_target_query_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("query", query::run);
}
