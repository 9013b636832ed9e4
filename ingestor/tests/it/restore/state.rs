//! All that a database says of two journals, without the numbers that it gives itself, each table as one hash and its rows.

use std::collections::BTreeMap;

use sqlx::PgPool;

/// What each of these tables says, row by row.
pub(super) async fn state(pool: &PgPool) -> BTreeMap<&'static str, Vec<String>> {
    let mut state = BTreeMap::new();
    for (table, select) in [
        (
            "journal",
            "SELECT concat_ws(' ', uuid, seq) FROM journal JOIN ingest_checkpoint ON journal_id = id AND seq > 0 ORDER BY 1",
        ),
        (
            "reading",
            "SELECT concat_ws(' ', name, time, float8send(value), flag, reading.received_at, uuid, seq) FROM reading \
             JOIN sensor ON sensor.id = sensor_id JOIN (SELECT id, uuid AS journal FROM journal) AS journal ON journal.id = journal_id \
             ORDER BY 1",
        ),
        (
            "reading_conflict",
            "SELECT concat_ws(' ', name, time, value, flag, received_at, journal, seq) FROM reading_conflict \
             JOIN sensor ON sensor.id = sensor_id JOIN (SELECT id, uuid AS journal FROM journal) AS journal ON journal.id = journal_id \
             ORDER BY 1",
        ),
        (
            "sensor",
            "SELECT (to_jsonb(sensor) - 'id')::text FROM sensor ORDER BY 1",
        ),
        (
            "sensor_version",
            "SELECT concat_ws(' ', name, valid_from, valid_to, metadata) FROM sensor_version \
             JOIN sensor ON sensor.id = sensor_id ORDER BY 1",
        ),
        (
            "sensor_list",
            "SELECT concat_ws(' ', uuid, seq, received_at, source, sensors, sha256) FROM sensor_list \
             JOIN journal ON journal.id = journal_id ORDER BY 1",
        ),
        (
            "quarantined_message",
            "SELECT concat_ws(' ', uuid, seq, item, source, topic, code, reason, sensor, received_at, payload, payload_size, counted_hour) \
             FROM quarantined_message JOIN journal ON journal.id = journal_id ORDER BY 1",
        ),
        (
            "reading_1m",
            "SELECT name || ' ' || (to_jsonb(reading_1m) - 'sensor_id')::text FROM reading_1m \
             JOIN sensor ON sensor.id = sensor_id ORDER BY 1",
        ),
        (
            "reading_1d",
            "SELECT name || ' ' || (to_jsonb(reading_1d) - 'sensor_id')::text FROM reading_1d \
             JOIN sensor ON sensor.id = sensor_id ORDER BY 1",
        ),
        (
            "sensor_intake",
            "SELECT concat_ws(' ', name, hour, duplicates, conflicting, refused) FROM sensor_intake \
             JOIN sensor ON sensor.id = sensor_id WHERE duplicates + conflicting + refused > 0 ORDER BY 1",
        ),
        // Which of two readings was the second depends on the order of loading, so theirs are added up.
        (
            "segment",
            "SELECT concat_ws(' ', uuid, first_seq, last_seq, messages, bytes, bytes_compressed, object_key, sha256, \
                              first_received_at, last_received_at, decoded, quarantined, readings_refused, time_min, time_max, \
                              readings_new + readings_duplicate + readings_conflicting) \
             FROM segment JOIN journal ON journal.id = journal_id ORDER BY 1",
        ),
        (
            "all segments",
            "SELECT concat_ws(' ', sum(readings_new), sum(readings_duplicate), sum(readings_conflicting)) FROM segment",
        ),
        (
            "balance",
            "SELECT concat_ws(' ', sum(readings_new) = (SELECT count(*) FROM reading), \
                              sum(readings_conflicting) = (SELECT count(*) FROM reading_conflict), \
                              bool_and(messages = decoded + quarantined), \
                              sum(quarantined + readings_refused) = (SELECT count(*) FROM quarantined_message)) FROM segment",
        ),
    ] {
        let rows: Vec<String> = sqlx::query_scalar(select).fetch_all(pool).await.expect("rows");
        state.insert(table, rows);
    }
    state
}
