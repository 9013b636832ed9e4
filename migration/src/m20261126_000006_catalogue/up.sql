-- What the catalogue reads off the schema. The text of a comment is for people; where a program must know more, one line of
-- JSON ends it (docs/adr/0012). Texts stay as their steps wrote them: only that line is added here.

-- Messages lie on S3, each a line of JSON: this says what its members are. No column has this type.
CREATE TYPE raw_message AS (
    seq int8,
    source text,
    topic text,
    topic_base64 text,
    received_at timestamptz,
    qos int2,
    retain bool,
    dup bool,
    kind text,
    payload text,
    payload_base64 text
);
COMMENT ON TYPE raw_message IS
    'Every message as it was received, byte for byte: one line of JSON for each, in compressed objects on S3 (segment.object_key).';
COMMENT ON COLUMN raw_message.seq IS
    'The message''s position in its journal; positions have no gaps.';
COMMENT ON COLUMN raw_message.source IS
    'The configured source that received the message.';
COMMENT ON COLUMN raw_message.topic IS
    'The topic on which the message came; absent when its bytes are no text.';
COMMENT ON COLUMN raw_message.topic_base64 IS
    'The topic''s bytes as base64 where they are no text.';
COMMENT ON COLUMN raw_message.received_at IS
    'When Fieldbook received the message (UTC, the ingestor''s clock, to the microsecond).';
COMMENT ON COLUMN raw_message.qos IS
    'Quality of service with which it was delivered: 0 at most once, 1 at least once, 2 exactly once.';
COMMENT ON COLUMN raw_message.retain IS
    'Whether the broker had kept it from before the subscription.';
COMMENT ON COLUMN raw_message.dup IS
    'Whether the broker said that it may have delivered it before.';
COMMENT ON COLUMN raw_message.kind IS
    'sensors for a list of sensors; absent for what a sensor sent.';
COMMENT ON COLUMN raw_message.payload IS
    'The payload, when it is text.';
COMMENT ON COLUMN raw_message.payload_base64 IS
    'The payload''s bytes as base64 where they are no text.';

CREATE TABLE dataset_version (
    released_at timestamptz NOT NULL,
    major int4 NOT NULL CHECK (major >= 1),
    minor int4 NOT NULL CHECK (minor >= 0),
    patch int4 NOT NULL CHECK (patch >= 0),
    slug text NOT NULL CHECK (slug <> ''),
    schema jsonb NOT NULL CHECK (jsonb_typeof(schema) = 'object'),
    changes jsonb NOT NULL CHECK (jsonb_typeof(changes) = 'array'),
    PRIMARY KEY (slug, major, minor, patch)
);
COMMENT ON TABLE dataset_version IS
    'The versions of each dataset: what its fields were, and what has changed since the version before. The newest is in force.';
COMMENT ON COLUMN dataset_version.released_at IS
    'When the change was noticed (UTC, the clock of the service).';
COMMENT ON COLUMN dataset_version.major IS
    'Goes up when something that people may rely on is gone or narrower.';
COMMENT ON COLUMN dataset_version.minor IS
    'Goes up when something is there that was not.';
COMMENT ON COLUMN dataset_version.patch IS
    'Goes up when something is said in other words.';
COMMENT ON COLUMN dataset_version.slug IS
    'The dataset''s part of an address, such as readings.';
COMMENT ON COLUMN dataset_version.schema IS
    'What it was in that version as a JSON object: title, meaning and, by name, each field with its types, unit and meaning.';
COMMENT ON COLUMN dataset_version.changes IS
    'What the version changed as a JSON array of objects: path, summary and whether it breaks those who use it. Empty for the first.';

-- The line of JSON that ends a comment. A slug is part of addresses and never changes.
DO $$
DECLARE
    note record;
    target text;
BEGIN
    FOR note IN SELECT * FROM (VALUES
        ('raw_message', NULL, '{"dataset": "raw-messages", "title": "Raw messages", "kind": "raw", "graphql": "RawMessage", "keywords": ["MQTT", "archive"], "prefix": "raw/", "manifest": "segment"}'),
        ('reading', NULL, '{"dataset": "readings", "title": "Readings", "kind": "readings", "graphql": "Reading", "from": ["raw-messages"], "keywords": ["measurements", "time series"], "time": "time", "sensor": "sensor_id"}'),
        ('reading', 'value', '{"unit": "sensor"}'),
        ('reading', 'sensor_id', '{"graphql": "sensor"}'),
        ('reading_1m', NULL, '{"dataset": "readings-1m", "title": "Readings by the minute", "kind": "rollup", "graphql": "Aggregate", "from": ["readings"], "keywords": ["aggregates", "time series"], "time": "bucket", "sensor": "sensor_id", "resolution_seconds": 60}'),
        ('reading_1h', NULL, '{"dataset": "readings-1h", "title": "Readings by the hour", "kind": "rollup", "graphql": "Aggregate", "from": ["readings-1m"], "keywords": ["aggregates", "time series"], "time": "bucket", "sensor": "sensor_id", "resolution_seconds": 3600}'),
        ('reading_1d', NULL, '{"dataset": "readings-1d", "title": "Readings by the day", "kind": "rollup", "graphql": "Aggregate", "from": ["readings-1h"], "keywords": ["aggregates", "time series"], "time": "bucket", "sensor": "sensor_id", "resolution_seconds": 86400}'),
        ('sensor', NULL, '{"dataset": "sensors", "title": "Sensors", "kind": "sensors", "graphql": "Sensor", "from": ["raw-messages"], "keywords": ["devices", "metadata"]}'),
        ('sensor', 'uuid', '{"graphql": "id"}'),
        ('sensor', 'id', '{"graphql": null}'),
        ('sensor', 'lat', '{"unit": "deg", "graphql": "location"}'),
        ('sensor', 'lng', '{"unit": "deg", "graphql": "location"}'),
        ('sensor', 'range_min', '{"unit": "sensor", "graphql": "range"}'),
        ('sensor', 'range_max', '{"unit": "sensor", "graphql": "range"}'),
        ('sensor', 'expected_interval_seconds', '{"unit": "s"}'),
        ('sensor_version', NULL, '{"dataset": "sensor-versions", "title": "How sensors were described", "kind": "sensors", "from": ["raw-messages"], "keywords": ["devices", "metadata", "history"], "time": "valid_from", "sensor": "sensor_id"}'),
        ('quarantined_message', NULL, '{"dataset": "quarantined-messages", "title": "Quarantined messages", "kind": "quarantine", "from": ["raw-messages"], "keywords": ["errors"], "time": "received_at"}'),
        ('quarantined_message', 'payload_size', '{"unit": "By"}'),
        ('reading_conflict', NULL, '{"dataset": "reading-conflicts", "title": "Conflicting readings", "kind": "quarantine", "from": ["raw-messages"], "keywords": ["errors"], "time": "time", "sensor": "sensor_id"}'),
        ('reading_conflict', 'value', '{"unit": "sensor"}'),
        ('journal', NULL, '{"internal": true}'),
        ('sensor_list', NULL, '{"internal": true}'),
        ('segment', NULL, '{"internal": true}'),
        ('ingest_checkpoint', NULL, '{"internal": true}'),
        ('rollup_dirty', NULL, '{"internal": true}'),
        ('rollup_due', NULL, '{"internal": true}'),
        ('api_key', NULL, '{"internal": true}'),
        ('dataset', NULL, '{"internal": true}'),
        ('dataset_version', NULL, '{"internal": true}'),
        ('seaql_migrations', NULL, '{"internal": true}')
    ) AS notes (relation, field, line)
    UNION ALL
    SELECT relation, field, line
    FROM (VALUES ('reading_1m'), ('reading_1h'), ('reading_1d')) AS rollups (relation),
         (VALUES
            ('bucket', '{"graphql": "start"}'),
            ('sum', '{"unit": "sensor"}'),
            ('m2', '{"unit": "sensor, squared", "graphql": null}'),
            ('min', '{"unit": "sensor"}'),
            ('max', '{"unit": "sensor"}'),
            ('first', '{"unit": "sensor"}'),
            ('last', '{"unit": "sensor"}'),
            ('area', '{"unit": "sensor, times seconds", "graphql": null}'),
            ('increase', '{"unit": "sensor"}')
         ) AS columns (field, line)
    LOOP
        IF note.field IS NULL THEN
            target := CASE note.relation WHEN 'raw_message' THEN 'TYPE ' ELSE 'TABLE ' END || quote_ident(note.relation);
            EXECUTE format('COMMENT ON %s IS %L', target,
                concat(coalesce(obj_description(to_regclass(note.relation), 'pg_class'),
                                obj_description(to_regtype(note.relation), 'pg_type')), E'\n', note.line));
        ELSE
            EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', note.relation, note.field,
                concat(col_description(to_regclass(note.relation), (
                    SELECT attnum FROM pg_attribute
                    WHERE attrelid = to_regclass(note.relation) AND attname = note.field
                )), E'\n', note.line));
        END IF;
    END LOOP;
END
$$;
