-- How fresh things are: what changed when, for how long somebody looked, what went wrong from when to when, and who is told
-- (docs/adr/0013). One process writes at a time, under the lock of entity/src/keeping.rs.
-- Rows of freshness_change and incident bear a sensor's number without a foreign key, as reading does.

CREATE TABLE learnt_interval (
    interval_seconds float8 CHECK (interval_seconds > 0 AND interval_seconds < 'Infinity'),
    learnt_at timestamptz NOT NULL,
    time_min timestamptz,
    time_max timestamptz,
    sensor_id int4 PRIMARY KEY,
    readings int4 NOT NULL CHECK (readings >= 0),
    CHECK (time_min <= time_max)
);
COMMENT ON TABLE learnt_interval IS
    'How often sensors send that nobody declared it of (sensor.expected_interval_seconds), as their readings show it.
{"internal": true}';
COMMENT ON COLUMN learnt_interval.interval_seconds IS
    'Seconds between two readings; empty where they do not show it.';
COMMENT ON COLUMN learnt_interval.learnt_at IS
    'When that was looked at (UTC, the service''s clock).';
COMMENT ON COLUMN learnt_interval.time_min IS
    'The time of the earliest reading that was looked at (UTC); empty where there was none.';
COMMENT ON COLUMN learnt_interval.time_max IS
    'The time of the latest reading that was looked at (UTC); empty where there was none.';
COMMENT ON COLUMN learnt_interval.sensor_id IS
    'The sensor (sensor.id).';
COMMENT ON COLUMN learnt_interval.readings IS
    'How many readings were looked at.';

-- Only inserted and deleted, by one process at a time: who has read up to a number has read all.
CREATE TABLE freshness_change (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL,
    sensor_id int4,
    dataset text CHECK (dataset <> ''),
    status text NOT NULL CHECK (status IN ('FRESH', 'LATE', 'STALE', 'NO_DATA', 'NO_EXPECTATION')),
    CHECK (num_nonnulls(sensor_id, dataset) = 1)
);
COMMENT ON TABLE freshness_change IS
    'When a sensor or a dataset became how fresh. Kept for 30 days, and what was in force at their beginning; of one sensor or dataset its last 256.
{"internal": true}';
COMMENT ON COLUMN freshness_change.id IS
    'Its number; later changes have higher ones.';
COMMENT ON COLUMN freshness_change.changed_at IS
    'Since when it has been so (UTC, the service''s clock).';
COMMENT ON COLUMN freshness_change.sensor_id IS
    'The sensor (sensor.id); empty for a dataset.';
COMMENT ON COLUMN freshness_change.dataset IS
    'The dataset by its slug; empty for a sensor.';
COMMENT ON COLUMN freshness_change.status IS
    'What it became: FRESH, LATE, STALE, NO_DATA or NO_EXPECTATION. What could not be found out is no change.';

CREATE TABLE freshness_watch (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    CHECK (started_at <= ended_at)
) WITH (fillfactor = 50);
COMMENT ON TABLE freshness_watch IS
    'The times in which freshness was looked at without a break. Shares of time are shares of these. Kept for 30 days, the last 1024.
{"internal": true}';
COMMENT ON COLUMN freshness_watch.id IS
    'Its number; later ones are higher.';
COMMENT ON COLUMN freshness_watch.started_at IS
    'The first look of it (UTC, the service''s clock).';
COMMENT ON COLUMN freshness_watch.ended_at IS
    'The last look of it so far (UTC, the service''s clock).';

CREATE TABLE incident (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    sensor_id int4,
    kind text NOT NULL CHECK (kind IN ('late', 'stale', 'quality_failing', 'unbalanced_window')),
    dataset text NOT NULL CHECK (dataset <> ''),
    detail text NOT NULL CHECK (detail <> ''),
    CHECK (started_at <= ended_at)
);
-- A kind of trouble of a subject is one incident until it is over. Sensors are numbered from 1.
CREATE UNIQUE INDEX incident_open ON incident (kind, dataset, coalesce(sensor_id, 0)) WHERE ended_at IS NULL;
-- Lists, the newest first.
CREATE INDEX incident_started_at ON incident (started_at, id);
COMMENT ON TABLE incident IS
    'What was wrong with a dataset or one of its sensors, from when to when. Those that are over are kept for 90 days, the last 100000.
{"internal": true}';
COMMENT ON COLUMN incident.id IS
    'Lasting identity of the incident.';
COMMENT ON COLUMN incident.started_at IS
    'Since when it has been wrong (UTC, the service''s clock).';
COMMENT ON COLUMN incident.ended_at IS
    'When it was found to be over (UTC, the service''s clock); empty while it is not.';
COMMENT ON COLUMN incident.sensor_id IS
    'The sensor that it is about (sensor.id); empty when it is about the dataset as a whole.';
COMMENT ON COLUMN incident.kind IS
    'What is wrong: late or stale (too old), quality_failing, or unbalanced_window (records do not add up).';
COMMENT ON COLUMN incident.dataset IS
    'The dataset by its slug.';
COMMENT ON COLUMN incident.detail IS
    'What was found when it began, as a sentence for people.';

CREATE TABLE webhook (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    dropped int8 NOT NULL DEFAULT 0 CHECK (dropped >= 0),
    url text NOT NULL CHECK (url <> '' AND octet_length(url) <= 2048),
    secret text NOT NULL CHECK (secret <> ''),
    events text[] NOT NULL CHECK (cardinality(events) > 0 AND events <@ ARRAY['freshness', 'quality', 'incident', 'release']),
    dataset text CHECK (dataset <> ''),
    disabled_reason text,
    CHECK (num_nulls(disabled_at, disabled_reason) IN (0, 2))
);
COMMENT ON TABLE webhook IS
    'Who is told by HTTP of changes, and of which (docs/reference/webhooks.md).
{"internal": true}';
COMMENT ON COLUMN webhook.id IS
    'Lasting identity of the webhook.';
COMMENT ON COLUMN webhook.created_at IS
    'When it was made (UTC, the service''s clock).';
COMMENT ON COLUMN webhook.disabled_at IS
    'When it was switched off (UTC, the service''s clock); empty while it is on.';
COMMENT ON COLUMN webhook.dropped IS
    'Messages that it was not given because too many were waiting for it already.';
COMMENT ON COLUMN webhook.url IS
    'Where messages are posted to.';
COMMENT ON COLUMN webhook.secret IS
    'The key with which messages are signed, as whsec_ and base64. It signs, so it can''t be kept as a fingerprint; no surface shows it again.';
COMMENT ON COLUMN webhook.events IS
    'What it is told of: freshness, quality, incident, release.';
COMMENT ON COLUMN webhook.dataset IS
    'It is told of this dataset alone (its slug); empty for all.';
COMMENT ON COLUMN webhook.disabled_reason IS
    'Why it was switched off; empty while it is on.';

CREATE TABLE webhook_delivery (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    delivered_at timestamptz,
    given_up_at timestamptz,
    webhook_id uuid NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    message_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    attempts int4 NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    event text NOT NULL,
    subject text NOT NULL,
    payload text NOT NULL,
    error text,
    CHECK (num_nonnulls(delivered_at, given_up_at) <= 1)
);
-- What waits, in the order in which a receiver is told of a subject.
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, subject, id)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;
-- What is over is deleted after a while.
CREATE INDEX webhook_delivery_over ON webhook_delivery (coalesce(delivered_at, given_up_at))
    WHERE delivered_at IS NOT NULL OR given_up_at IS NOT NULL;
COMMENT ON TABLE webhook_delivery IS
    'Messages to webhooks: those that wait, and those of the last 7 days that were delivered or given up.
{"internal": true}';
COMMENT ON COLUMN webhook_delivery.id IS
    'Its number; later ones are higher.';
COMMENT ON COLUMN webhook_delivery.created_at IS
    'When what it tells of happened (UTC, the service''s clock).';
COMMENT ON COLUMN webhook_delivery.next_attempt_at IS
    'Not before this it is tried again (UTC, the service''s clock); while it is under way, when it is taken for lost.';
COMMENT ON COLUMN webhook_delivery.delivered_at IS
    'When the receiver took it (UTC, the service''s clock); empty until then.';
COMMENT ON COLUMN webhook_delivery.given_up_at IS
    'When it was given up, a day after it was made (UTC, the service''s clock); empty unless it was.';
COMMENT ON COLUMN webhook_delivery.webhook_id IS
    'Whom it is for (webhook.id).';
COMMENT ON COLUMN webhook_delivery.message_id IS
    'By it a receiver knows a message that comes twice.';
COMMENT ON COLUMN webhook_delivery.attempts IS
    'How often it was tried.';
COMMENT ON COLUMN webhook_delivery.event IS
    'What it tells of, such as freshness.changed.';
COMMENT ON COLUMN webhook_delivery.subject IS
    'What it is about: messages about the same come in their order.';
COMMENT ON COLUMN webhook_delivery.payload IS
    'Its body, byte for byte as it is signed.';
COMMENT ON COLUMN webhook_delivery.error IS
    'Why the last try failed; empty when none has.';

-- The newest conflict, for the dataset's freshness.
CREATE INDEX reading_conflict_received_at ON reading_conflict (received_at);
