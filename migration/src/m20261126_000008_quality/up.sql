-- How good readings were, window by window, and which of them tests doubt (docs/reference/quality.md).
-- The refresher of rollups notes which windows' readings have changed, the evaluator takes the notes: as for rollups, one
-- statement takes them and a later one reads, so nothing that is committed in between is missed (entity/src/measurements.rs).
-- No foreign keys to sensor, as for reading.

CREATE TABLE quality_rules (
    version int8 PRIMARY KEY,
    first_used_at timestamptz NOT NULL,
    rules jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'object')
);
COMMENT ON TABLE quality_rules IS
    'The thresholds that readings were ever judged by.
{"internal": true}';
COMMENT ON COLUMN quality_rules.version IS
    'A digest of the thresholds and of the version of the formulae; shown as sixteen hexadecimal digits.';
COMMENT ON COLUMN quality_rules.first_used_at IS
    'When something was computed with them for the first time (UTC, the service''s clock).';
COMMENT ON COLUMN quality_rules.rules IS
    'The thresholds as a JSON object; docs/reference/quality.md says what each means.';

CREATE TABLE quality_measurement (
    window_start timestamptz NOT NULL,
    computed_at timestamptz NOT NULL,
    superseded_at timestamptz CHECK (superseded_at >= computed_at),
    rule_version int8 NOT NULL REFERENCES quality_rules (version),
    readings int8 NOT NULL CHECK (readings >= 0),
    present int8 CHECK (present >= 0),
    missing int8 CHECK (missing >= 0),
    expected_interval_seconds float8 CHECK (expected_interval_seconds > 0),
    silence_seconds float8 CHECK (silence_seconds >= 0),
    expected_seconds float8 CHECK (expected_seconds >= 0),
    longest_gap_seconds float8 CHECK (longest_gap_seconds >= 0),
    gaps int8 CHECK (gaps >= 0),
    gaps_begun int8 CHECK (gaps_begun >= 0),
    plausible int8 NOT NULL CHECK (plausible >= 0),
    plausible_of int8 NOT NULL CHECK (plausible_of >= plausible),
    without_value int8 NOT NULL CHECK (without_value >= 0),
    gross_evaluated int8 NOT NULL CHECK (gross_evaluated >= 0),
    gross_suspect int8 NOT NULL CHECK (gross_suspect >= 0),
    gross_fail int8 NOT NULL CHECK (gross_fail >= 0 AND gross_suspect + gross_fail <= gross_evaluated),
    spike_evaluated int8 NOT NULL CHECK (spike_evaluated >= 0),
    spike_suspect int8 NOT NULL CHECK (spike_suspect >= 0),
    spike_fail int8 NOT NULL CHECK (spike_fail >= 0 AND spike_suspect + spike_fail <= spike_evaluated),
    rate_evaluated int8 NOT NULL CHECK (rate_evaluated >= 0),
    rate_suspect int8 NOT NULL CHECK (rate_suspect >= 0),
    rate_fail int8 NOT NULL CHECK (rate_fail >= 0 AND rate_suspect + rate_fail <= rate_evaluated),
    flat_evaluated int8 NOT NULL CHECK (flat_evaluated >= 0),
    flat_suspect int8 NOT NULL CHECK (flat_suspect >= 0),
    flat_fail int8 NOT NULL CHECK (flat_fail >= 0 AND flat_suspect + flat_fail <= flat_evaluated),
    gap_evaluated int8 NOT NULL CHECK (gap_evaluated >= 0),
    gap_suspect int8 NOT NULL CHECK (gap_suspect >= 0),
    gap_fail int8 NOT NULL CHECK (gap_fail >= 0 AND gap_suspect + gap_fail <= gap_evaluated),
    latency_p50_seconds float8,
    latency_p95_seconds float8,
    latency_p99_seconds float8,
    latency_max_seconds float8,
    late int8 NOT NULL CHECK (late >= 0),
    negative int8 NOT NULL CHECK (negative >= 0 AND late + negative <= readings),
    duplicates int8 CHECK (duplicates >= 0),
    conflicting int8 CHECK (conflicting >= 0),
    refused int8 CHECK (refused >= 0),
    sensor_id int4 NOT NULL,
    window_seconds int4 NOT NULL CHECK (window_seconds IN (3600, 86400)),
    revision int4 NOT NULL CHECK (revision >= 1),
    doubts int2 NOT NULL,
    interval_learnt bool,
    PRIMARY KEY (sensor_id, window_seconds, window_start, revision),
    CHECK (num_nulls(present, missing, expected_interval_seconds, silence_seconds, expected_seconds, gaps, gaps_begun, interval_learnt) IN (0, 8)),
    CHECK (num_nulls(latency_p50_seconds, latency_p95_seconds, latency_p99_seconds, latency_max_seconds) = CASE WHEN readings = 0 THEN 4 ELSE 0 END),
    CHECK (num_nulls(duplicates, conflicting, refused) IN (0, 3))
);
-- What is in force: one revision of a window, and all sensors of it.
CREATE UNIQUE INDEX quality_measurement_in_force ON quality_measurement (window_seconds, window_start, sensor_id)
    WHERE superseded_at IS NULL;
COMMENT ON TABLE quality_measurement IS
    'How good the readings of each sensor were in each hour (kept for 7 days) and day (kept for 90 days), as numerators and denominators.
{"internal": true}';
COMMENT ON COLUMN quality_measurement.window_start IS
    'The first instant of the window (UTC).';
COMMENT ON COLUMN quality_measurement.computed_at IS
    'When it was computed (UTC, the service''s clock).';
COMMENT ON COLUMN quality_measurement.superseded_at IS
    'When a later revision took its place (UTC, the service''s clock); empty while it is in force.';
COMMENT ON COLUMN quality_measurement.rule_version IS
    'The thresholds and formulae that it was computed with (quality_rules.version).';
COMMENT ON COLUMN quality_measurement.readings IS
    'Readings in the window, whatever their flags.';
COMMENT ON COLUMN quality_measurement.present IS
    'Readings that were there of those to be expected; empty when nobody knows how often the sensor should send.';
COMMENT ON COLUMN quality_measurement.missing IS
    'Readings that were missing in gaps; present / (present + missing) is the completeness.';
COMMENT ON COLUMN quality_measurement.expected_interval_seconds IS
    'Seconds expected between two readings; empty when not known.';
COMMENT ON COLUMN quality_measurement.silence_seconds IS
    'Seconds of the window in which a reading was due and none came.';
COMMENT ON COLUMN quality_measurement.expected_seconds IS
    'Seconds of the window in which readings were to be expected.';
COMMENT ON COLUMN quality_measurement.longest_gap_seconds IS
    'Seconds from reading to reading of the longest gap that touches the window, also outside of it; empty without one.';
COMMENT ON COLUMN quality_measurement.gaps IS
    'Gaps that touch the window.';
COMMENT ON COLUMN quality_measurement.gaps_begun IS
    'Gaps whose first missing reading is in the window: these add up over windows.';
COMMENT ON COLUMN quality_measurement.plausible IS
    'Readings that the tests of spike, rate of change and flat line all let pass.';
COMMENT ON COLUMN quality_measurement.plausible_of IS
    'Readings that any of these tests could judge; plausible / plausible_of is the plausibility.';
COMMENT ON COLUMN quality_measurement.without_value IS
    'Readings without a value to test.';
COMMENT ON COLUMN quality_measurement.gross_evaluated IS
    'Readings that the test gross_range could judge.';
COMMENT ON COLUMN quality_measurement.gross_suspect IS
    'Readings that the test gross_range doubts.';
COMMENT ON COLUMN quality_measurement.gross_fail IS
    'Readings that the test gross_range refuses.';
COMMENT ON COLUMN quality_measurement.spike_evaluated IS
    'Readings that the test spike could judge.';
COMMENT ON COLUMN quality_measurement.spike_suspect IS
    'Readings that the test spike doubts.';
COMMENT ON COLUMN quality_measurement.spike_fail IS
    'Readings that the test spike refuses.';
COMMENT ON COLUMN quality_measurement.rate_evaluated IS
    'Readings that the test rate_of_change could judge.';
COMMENT ON COLUMN quality_measurement.rate_suspect IS
    'Readings that the test rate_of_change doubts.';
COMMENT ON COLUMN quality_measurement.rate_fail IS
    'Readings that the test rate_of_change refuses.';
COMMENT ON COLUMN quality_measurement.flat_evaluated IS
    'Readings that the test flat_line could judge.';
COMMENT ON COLUMN quality_measurement.flat_suspect IS
    'Readings that the test flat_line doubts.';
COMMENT ON COLUMN quality_measurement.flat_fail IS
    'Readings that the test flat_line refuses.';
COMMENT ON COLUMN quality_measurement.gap_evaluated IS
    'Readings that the test gap could judge.';
COMMENT ON COLUMN quality_measurement.gap_suspect IS
    'Readings that the test gap doubts.';
COMMENT ON COLUMN quality_measurement.gap_fail IS
    'Readings that the test gap refuses.';
COMMENT ON COLUMN quality_measurement.latency_p50_seconds IS
    'Half of the readings were received no longer than so many seconds after their time; empty without readings.';
COMMENT ON COLUMN quality_measurement.latency_p95_seconds IS
    '95 % of them were received no longer than so many seconds after their time.';
COMMENT ON COLUMN quality_measurement.latency_p99_seconds IS
    '99 % of them were received no longer than so many seconds after their time.';
COMMENT ON COLUMN quality_measurement.latency_max_seconds IS
    'The longest time in seconds from a reading''s time to its receipt.';
COMMENT ON COLUMN quality_measurement.late IS
    'Readings received later after their time than is tolerated.';
COMMENT ON COLUMN quality_measurement.negative IS
    'Readings from a clock that is ahead by more than is tolerated.';
COMMENT ON COLUMN quality_measurement.duplicates IS
    'Readings received that were there already with the same value; empty when not counted.';
COMMENT ON COLUMN quality_measurement.conflicting IS
    'Readings received that were there already with another value; empty when not counted.';
COMMENT ON COLUMN quality_measurement.refused IS
    'Readings received that could not be used; empty when not counted.';
COMMENT ON COLUMN quality_measurement.sensor_id IS
    'The sensor (sensor.id).';
COMMENT ON COLUMN quality_measurement.window_seconds IS
    'How long the window is: 3600 (an hour) or 86400 (a day), in UTC.';
COMMENT ON COLUMN quality_measurement.revision IS
    '1 at first, one more each time that late data or other rules gave other numbers. The highest is in force.';
COMMENT ON COLUMN quality_measurement.doubts IS
    'Why the completeness may be off by more than 0.2 points, a bit each: 1 too few intervals, 2 jitter, 4 drift, 8 loss, 16 bunched, 32 outage; 0: it is not.';
COMMENT ON COLUMN quality_measurement.interval_learnt IS
    'Whether the expected interval was learnt from the readings, and not declared; empty when there is none.';

CREATE TABLE reading_flag (
    time timestamptz NOT NULL,
    rule_version int8 NOT NULL REFERENCES quality_rules (version),
    sensor_id int4 NOT NULL,
    flag int2 NOT NULL CHECK (flag IN (3, 4)),
    test text NOT NULL CHECK (test IN ('gross_range', 'spike', 'rate_of_change', 'flat_line', 'gap')),
    PRIMARY KEY (sensor_id, time, test)
);
-- What is too old is deleted.
CREATE INDEX reading_flag_time ON reading_flag USING brin (time);
COMMENT ON TABLE reading_flag IS
    'Readings that a later test doubts or refuses; what ingest found stands in reading.flag. Kept for 90 days, of an hour of a sensor the first 1000.
{"internal": true}';
COMMENT ON COLUMN reading_flag.time IS
    'The time of the reading (reading.time, UTC).';
COMMENT ON COLUMN reading_flag.rule_version IS
    'The thresholds that it was tested by (quality_rules.version).';
COMMENT ON COLUMN reading_flag.sensor_id IS
    'The sensor (sensor.id).';
COMMENT ON COLUMN reading_flag.flag IS
    'The verdict, after QARTOD: 3 suspect, 4 fail.';
COMMENT ON COLUMN reading_flag.test IS
    'Which test: gross_range, spike, rate_of_change, flat_line or gap.';

CREATE TABLE quality_due (
    window_start timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    sensor_id int4 NOT NULL,
    window_seconds int4 NOT NULL CHECK (window_seconds IN (3600, 86400)),
    is_neighbour bool NOT NULL DEFAULT false,
    PRIMARY KEY (window_seconds, window_start, sensor_id)
);
COMMENT ON TABLE quality_due IS
    'The windows whose quality is to be computed, because they are over or their readings have changed.
{"internal": true}';
COMMENT ON COLUMN quality_due.window_start IS
    'The first instant of the window (UTC).';
COMMENT ON COLUMN quality_due.due_at IS
    'Not before this (UTC): the end of the window, or later where readings may still be on their way.';
COMMENT ON COLUMN quality_due.sensor_id IS
    'The sensor (sensor.id).';
COMMENT ON COLUMN quality_due.window_seconds IS
    'How long the window is: 3600 (an hour) or 86400 (a day).';
COMMENT ON COLUMN quality_due.is_neighbour IS
    'Whether readings of another window have changed that this one looks at, and none of its own.';

CREATE TABLE quality_progress (
    closed_until timestamptz NOT NULL,
    measured_until timestamptz,
    told_until timestamptz,
    changes int8 NOT NULL DEFAULT 0,
    window_seconds int4 PRIMARY KEY CHECK (window_seconds IN (3600, 86400)),
    CHECK (measured_until <= closed_until)
);
COMMENT ON TABLE quality_progress IS
    'How far the quality of all sensors is computed.
{"internal": true}';
COMMENT ON COLUMN quality_progress.closed_until IS
    'The end of the last window that is due for all sensors (UTC).';
COMMENT ON COLUMN quality_progress.measured_until IS
    'The end of the last window that was computed of all sensors (UTC); empty before the first.';
COMMENT ON COLUMN quality_progress.told_until IS
    'The end of the last window of which webhooks were told; empty before the first.';
COMMENT ON COLUMN quality_progress.changes IS
    'Goes up whenever a measurement is written.';
COMMENT ON COLUMN quality_progress.window_seconds IS
    'How long the windows are: 3600 (an hour) or 86400 (a day).';
