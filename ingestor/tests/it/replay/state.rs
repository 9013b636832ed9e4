//! All that a database says of what was loaded, without the numbers that it gives itself.

use std::collections::BTreeMap;

use sqlx::PgPool;

use crate::harness::wait_number;

/// Waits until all rollups are computed.
pub(crate) async fn wait_settled(pool: &PgPool) {
    let waiting = "SELECT (SELECT count(*) FROM rollup_dirty) + (SELECT count(*) FROM rollup_due)";
    wait_number(pool, waiting, 0).await;
    wait_number(pool, "SELECT count(*) FROM segment WHERE object_key IS NULL", 0).await;
}

/// What each of these tables says, row by row.
pub(crate) async fn state(pool: &PgPool) -> BTreeMap<&'static str, Vec<String>> {
    let mut state = BTreeMap::new();
    for (table, select) in [
        (
            "reading",
            "SELECT concat_ws(' ', name, time, value, flag, received_at, seq) FROM reading \
             JOIN sensor ON sensor.id = sensor_id ORDER BY name, time",
        ),
        (
            "reading_conflict",
            "SELECT concat_ws(' ', name, time, value, flag, received_at, seq) FROM reading_conflict \
             JOIN sensor ON sensor.id = sensor_id ORDER BY name, time, value",
        ),
        (
            "sensor",
            "SELECT concat_ws(' ', name, declared, active_since, range_min, range_max) FROM sensor ORDER BY name",
        ),
        (
            "quarantined_message",
            "SELECT concat_ws(' ', seq, item, code, reason, sensor, received_at) FROM quarantined_message ORDER BY seq",
        ),
        (
            "reading_1m",
            "SELECT name || ' ' || (to_jsonb(reading_1m) - 'sensor_id')::text FROM reading_1m \
             JOIN sensor ON sensor.id = sensor_id ORDER BY 1",
        ),
        (
            "reading_1h",
            "SELECT name || ' ' || (to_jsonb(reading_1h) - 'sensor_id')::text FROM reading_1h \
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
             JOIN sensor ON sensor.id = sensor_id WHERE duplicates + conflicting + refused > 0 ORDER BY name, hour",
        ),
        // Which of two readings was the second depends on the order of loading, so theirs are added up.
        (
            "segment",
            "SELECT concat_ws(' ', first_seq, last_seq, messages, decoded, quarantined, readings_refused, time_min, time_max, \
                              readings_new + readings_duplicate + readings_conflicting) \
             FROM segment ORDER BY first_seq",
        ),
        (
            "all segments",
            "SELECT concat_ws(' ', sum(readings_new), sum(readings_duplicate), sum(readings_conflicting)) FROM segment",
        ),
    ] {
        let rows: Vec<String> = sqlx::query_scalar(select).fetch_all(pool).await.expect("rows");
        state.insert(table, rows);
    }
    state
}
