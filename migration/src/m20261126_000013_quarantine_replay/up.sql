-- Messages set aside come in after the cause is mended: requests, which ingestors take up, and what a row must know for it.

ALTER TABLE quarantined_message
    ADD COLUMN tried_at timestamptz,
    ADD COLUMN counted_hour timestamptz,
    ADD COLUMN tried_by int8,
    ADD COLUMN counted_sensor_id int4,
    ADD CONSTRAINT quarantined_message_tried CHECK (num_nulls(tried_at, tried_by) IN (0, 2)),
    ADD CONSTRAINT quarantined_message_counted CHECK (num_nulls(counted_hour, counted_sensor_id) IN (0, 2));
COMMENT ON COLUMN quarantined_message.tried_at IS
    'When it was replayed last, in vain (UTC, the ingestor''s clock); empty when it never was.';
COMMENT ON COLUMN quarantined_message.counted_hour IS
    'The hour in which sensor_intake counts it as refused (UTC); empty where it counts nowhere.
{"internal": true}';
COMMENT ON COLUMN quarantined_message.tried_by IS
    'The request that it was replayed for last, in vain (quarantine_replay.id); empty when it never was.
{"internal": true}';
COMMENT ON COLUMN quarantined_message.counted_sensor_id IS
    'The sensor for which sensor_intake counts it as refused (sensor.id); empty where it counts nowhere.
{"internal": true}';
-- For lists of one kind of trouble.
CREATE INDEX quarantined_message_code ON quarantined_message (code, received_at);

CREATE TABLE quarantine_replay (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    requested_at timestamptz NOT NULL,
    taken_at timestamptz,
    finished_at timestamptz,
    received_from timestamptz,
    received_to timestamptz,
    requested int8 NOT NULL CHECK (requested >= 0),
    replayed int8 NOT NULL DEFAULT 0 CHECK (replayed >= 0),
    failed int8 NOT NULL DEFAULT 0 CHECK (failed >= 0),
    seq int8,
    journal_id int2,
    item int2,
    requested_by text NOT NULL CHECK (requested_by <> ''),
    code text,
    source text,
    sensor text,
    upto jsonb NOT NULL CHECK (jsonb_typeof(upto) = 'object'),
    CHECK (num_nulls(journal_id, seq, item) IN (0, 3))
) WITH (fillfactor = 70);
-- Ingestors look for them every second.
CREATE INDEX quarantine_replay_open ON quarantine_replay (id) WHERE finished_at IS NULL;
COMMENT ON TABLE quarantine_replay IS
    'Requests to replay messages that were set aside; ingestors take them up. Kept for 90 days after their end.
{"internal": true}';
COMMENT ON COLUMN quarantine_replay.id IS
    'Number of the request, given by this database.';
COMMENT ON COLUMN quarantine_replay.requested_at IS
    'When it was requested (UTC, the clock of whoever wrote it).';
COMMENT ON COLUMN quarantine_replay.taken_at IS
    'When an ingestor took it up (UTC, the ingestor''s clock); empty until then.';
COMMENT ON COLUMN quarantine_replay.finished_at IS
    'When nothing of it waited any more (UTC, the ingestor''s clock); empty until then.';
COMMENT ON COLUMN quarantine_replay.received_from IS
    'Messages received from this instant on (UTC); empty for any.';
COMMENT ON COLUMN quarantine_replay.received_to IS
    'Messages received before this instant (UTC); empty for any.';
COMMENT ON COLUMN quarantine_replay.requested IS
    'How many messages it was about when it was requested.';
COMMENT ON COLUMN quarantine_replay.replayed IS
    'How many of them are used now, and set aside no more.';
COMMENT ON COLUMN quarantine_replay.failed IS
    'How many of them still can''t be used, and stay with their new reason.';
COMMENT ON COLUMN quarantine_replay.seq IS
    'The one message that it is about: its position; empty for any.';
COMMENT ON COLUMN quarantine_replay.journal_id IS
    'The one message that it is about: its journal (journal.id); empty for any.';
COMMENT ON COLUMN quarantine_replay.item IS
    'The one message that it is about: which reading of it; empty for any.';
COMMENT ON COLUMN quarantine_replay.requested_by IS
    'Who requested it: the name of the key, the subject of the token, or the user of the command line.';
COMMENT ON COLUMN quarantine_replay.code IS
    'Messages with this kind of trouble (quarantined_message.code); empty for any.';
COMMENT ON COLUMN quarantine_replay.source IS
    'Messages of this source; empty for any.';
COMMENT ON COLUMN quarantine_replay.sensor IS
    'Messages of this sensor, by the name in the message; empty for any.';
COMMENT ON COLUMN quarantine_replay.upto IS
    'How far each journal had been loaded when it was requested, by journal.id: what was set aside later is none of it.';
