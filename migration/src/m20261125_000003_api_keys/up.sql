-- Who may see what: API keys, and which datasets show that they are there (docs/adr/0008).
--
-- A key's secret is 32 bytes from the system's source of randomness, so nobody finds it by trying, and a plain SHA-256
-- is as good as a slow, salted hash: those protect passwords that people choose. It lets a key be found by its index.

CREATE TABLE api_key (
    id uuid PRIMARY KEY,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    prefix text NOT NULL UNIQUE CHECK (prefix <> ''),
    name text NOT NULL CHECK (name <> ''),
    role text NOT NULL CHECK (role IN ('reader', 'steward', 'admin')),
    datasets text[] CHECK (cardinality(datasets) > 0),
    sensor_types text[] CHECK (cardinality(sensor_types) > 0),
    sensor_labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(sensor_labels) = 'object'),
    requests_per_minute int4 CHECK (requests_per_minute > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
COMMENT ON TABLE api_key IS
    'The keys with which programs and people ask the API, and what each of them may see. The keys themselves are nowhere.';
COMMENT ON COLUMN api_key.id IS
    'Lasting identity of the key.';
COMMENT ON COLUMN api_key.sha256 IS
    'SHA-256 of the key''s text. The key can''t be computed from it.';
COMMENT ON COLUMN api_key.prefix IS
    'The beginning of the key, such as fb_7k2mq4xa: by it lists and logs name the key.';
COMMENT ON COLUMN api_key.name IS
    'Who or what the key is for, in the operator''s words. Two keys may have one name, as while one replaces the other.';
COMMENT ON COLUMN api_key.role IS
    'What its holder is: reader, steward or admin; each includes the ones before.';
COMMENT ON COLUMN api_key.datasets IS
    'The datasets whose data it opens, by slug; empty for all.';
COMMENT ON COLUMN api_key.sensor_types IS
    'It opens only sensors of one of these types (sensor.type); empty for sensors of any type.';
COMMENT ON COLUMN api_key.sensor_labels IS
    'It opens only sensors that have all of these labels (sensor.labels), a JSON object of texts; {} for any labels.';
COMMENT ON COLUMN api_key.requests_per_minute IS
    'Requests that it may make in a minute; empty for the service''s own limit.';
COMMENT ON COLUMN api_key.created_at IS
    'When it was made (UTC, the clock of the machine that made it).';
COMMENT ON COLUMN api_key.expires_at IS
    'From when it is no longer taken (UTC); empty for never.';
COMMENT ON COLUMN api_key.revoked_at IS
    'When it was revoked (UTC), and is no longer taken; empty while it is good.';
COMMENT ON COLUMN api_key.last_used_at IS
    'When it was last used (UTC, the API''s clock), to the minute; empty when it never was.';

CREATE TABLE dataset (
    slug text PRIMARY KEY CHECK (slug <> ''),
    visibility text NOT NULL DEFAULT 'listed' CHECK (visibility IN ('listed', 'hidden'))
);
COMMENT ON TABLE dataset IS
    'What the operator has decided about a dataset. A dataset without a row has the defaults.';
COMMENT ON COLUMN dataset.slug IS
    'The dataset''s part of an address, such as readings; it never changes.';
COMMENT ON COLUMN dataset.visibility IS
    'What those see of it who may not see its data: listed for its name and description, hidden for nothing at all.';
