//! The fuzz targets' bodies, over their corpus and damaged copies of it. `make fuzz` runs them for longer.

#[path = "../../../fuzz/bodies/decoder.rs"]
mod decoder;
#[path = "../../../fuzz/bodies/record.rs"]
mod record;
#[path = "../../../fuzz/bodies/replay.rs"]
mod replay;
#[path = "../../../fuzz/bodies/sensor_list.rs"]
mod sensor_list;

#[test]
fn the_target_decoder_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("decoder", decoder::run);
}

#[test]
fn the_target_record_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("record", record::run);
}

#[test]
fn the_target_sensor_list_holds_over_its_corpus_and_damaged_copies() {
    replay::corpus("sensor_list", sensor_list::run);
}
