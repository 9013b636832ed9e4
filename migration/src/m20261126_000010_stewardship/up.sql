-- What stewards say of datasets, over the catalogue's file; what they announce; which thresholds of quality they set; and who
-- changed what of these. Stewards write one after the other, under the lock of entity/src/stewardship/lock.sql.

CREATE TABLE stewardship (
    changed_at timestamptz NOT NULL,
    dataset text PRIMARY KEY CHECK (dataset <> ''),
    said jsonb NOT NULL CHECK (jsonb_typeof(said) = 'object' AND said <> '{}')
);
COMMENT ON TABLE stewardship IS
    'What stewards say of a dataset in place of the catalogue''s file. A dataset without a row is as the file says.
{"internal": true}';
COMMENT ON COLUMN stewardship.changed_at IS
    'When a steward changed it last (UTC, the service''s clock).';
COMMENT ON COLUMN stewardship.dataset IS
    'The dataset by its slug.';
COMMENT ON COLUMN stewardship.said IS
    'What is said, a JSON object with the keys of [datasets.SLUG] in the file (docs/reference/catalogue.md); of what is not in it, the file''s word holds.';

CREATE TABLE stewardship_change (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at timestamptz NOT NULL,
    dataset text NOT NULL CHECK (dataset <> ''),
    steward text NOT NULL CHECK (steward <> ''),
    credential text NOT NULL CHECK (credential <> ''),
    what text NOT NULL CHECK (what <> ''),
    before jsonb,
    after jsonb
);
COMMENT ON TABLE stewardship_change IS
    'Each change that a steward made: who, when, what. Only added to; kept for 10 years, the last 100000.
{"internal": true}';
COMMENT ON COLUMN stewardship_change.id IS
    'Its number; later changes have higher ones.';
COMMENT ON COLUMN stewardship_change.changed_at IS
    'When it was made (UTC, the service''s clock).';
COMMENT ON COLUMN stewardship_change.dataset IS
    'The dataset that it is about, by its slug.';
COMMENT ON COLUMN stewardship_change.steward IS
    'Who made it: the name of the key, or the subject of the token.';
COMMENT ON COLUMN stewardship_change.credential IS
    'What the steward showed: the beginning of the key''s text (api_key.prefix), or the word token.';
COMMENT ON COLUMN stewardship_change.what IS
    'What was changed: a key of stewardship.said; announcement and its id; quality_rules and whose.';
COMMENT ON COLUMN stewardship_change.before IS
    'What stewards said of it before, as JSON; empty where they had said nothing.';
COMMENT ON COLUMN stewardship_change.after IS
    'What they say of it since, as JSON; empty where they took it back.';

CREATE TABLE announcement (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    withdrawn_at timestamptz,
    dataset text NOT NULL CHECK (dataset <> ''),
    kind text NOT NULL CHECK (kind IN ('planned_outage', 'known_error', 'notice')),
    title text NOT NULL CHECK (title <> ''),
    text text NOT NULL,
    created_by text NOT NULL CHECK (created_by <> ''),
    CHECK (starts_at < ends_at)
);
COMMENT ON TABLE announcement IS
    'What stewards announce of datasets. Kept for 90 days after it is over or withdrawn, and after its last change.
{"internal": true}';
COMMENT ON COLUMN announcement.id IS
    'Lasting identity of the announcement.';
COMMENT ON COLUMN announcement.created_at IS
    'When it was announced (UTC, the service''s clock).';
COMMENT ON COLUMN announcement.changed_at IS
    'When it was changed last, or withdrawn (UTC, the service''s clock).';
COMMENT ON COLUMN announcement.starts_at IS
    'From when what it tells of is so (UTC).';
COMMENT ON COLUMN announcement.ends_at IS
    'From when it is no longer so (UTC); empty where that is open.';
COMMENT ON COLUMN announcement.withdrawn_at IS
    'When it was withdrawn (UTC, the service''s clock); empty while it stands.';
COMMENT ON COLUMN announcement.dataset IS
    'The dataset that it is about, by its slug.';
COMMENT ON COLUMN announcement.kind IS
    'What it tells of: planned_outage, known_error or notice.';
COMMENT ON COLUMN announcement.title IS
    'A heading.';
COMMENT ON COLUMN announcement.text IS
    'All else that there is to say; may be empty.';
COMMENT ON COLUMN announcement.created_by IS
    'Who announced it: the name of the key, or the subject of the token.';

CREATE TABLE quality_rule_override (
    changed_at timestamptz NOT NULL,
    sensor_uuid uuid,
    sensor_type text CHECK (sensor_type <> ''),
    rules jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'object' AND rules <> '{}'),
    CHECK (num_nonnulls(sensor_uuid, sensor_type) <= 1),
    UNIQUE NULLS NOT DISTINCT (sensor_uuid, sensor_type)
);
COMMENT ON TABLE quality_rule_override IS
    'Thresholds of quality that stewards set in place of the file''s: for everything, for a type of sensors, for one sensor.
{"internal": true}';
COMMENT ON COLUMN quality_rule_override.changed_at IS
    'When a steward changed them last (UTC, the service''s clock).';
COMMENT ON COLUMN quality_rule_override.sensor_uuid IS
    'They are those of this sensor (sensor.uuid); empty otherwise.';
COMMENT ON COLUMN quality_rule_override.sensor_type IS
    'They are those of sensors of this type (sensor.type); empty otherwise. Without type and sensor they are those of everything.';
COMMENT ON COLUMN quality_rule_override.rules IS
    'The thresholds, a JSON object in the shape of the file''s (docs/reference/quality.md); of what is not in it, more general ones hold.';

-- The newest incidents of a dataset, for its feed and its page.
CREATE INDEX incident_dataset ON incident (dataset, started_at, id);
