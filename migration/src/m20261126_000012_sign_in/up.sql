-- Sign-in by browser, keys that their users make, and requests for access (docs/adr/0017).
--
-- Somebody who holds rights is a key (api_key.id), or whom an issuer calls so: issuer and subject together.

ALTER TABLE api_key
    ADD COLUMN owner_key uuid REFERENCES api_key (id),
    ADD COLUMN owner_issuer text CHECK (owner_issuer <> ''),
    ADD COLUMN owner_subject text CHECK (owner_subject <> ''),
    ADD CONSTRAINT api_key_owner CHECK (
        num_nonnulls(owner_issuer, owner_subject) IN (0, 2) AND num_nonnulls(owner_key, owner_subject) <= 1
        AND owner_key <> id
    );
COMMENT ON COLUMN api_key.owner_key IS
    'The key whose holder made this one, which never opens more than that key does; empty for others.
{"internal": true}';
COMMENT ON COLUMN api_key.owner_issuer IS
    'The issuer of the subject who made this key (known_subject); empty for others.
{"internal": true}';
COMMENT ON COLUMN api_key.owner_subject IS
    'The subject who made this key, which never opens more than that subject may see (known_subject); empty for others.
{"internal": true}';
CREATE INDEX api_key_of_key ON api_key (owner_key) WHERE owner_key IS NOT NULL;
CREATE INDEX api_key_of_subject ON api_key (owner_issuer, owner_subject) WHERE owner_subject IS NOT NULL;

CREATE TABLE known_subject (
    seen_at timestamptz NOT NULL,
    issuer text NOT NULL CHECK (issuer <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    role text NOT NULL CHECK (role IN ('reader', 'steward', 'admin')),
    datasets text[],
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE known_subject IS
    'What an issuer said of a subject when they last signed in, or made a key: the bounds of the keys that they made.
{"internal": true}';
COMMENT ON COLUMN known_subject.seen_at IS
    'When that was (UTC, the service''s clock).';
COMMENT ON COLUMN known_subject.issuer IS
    'The issuer, as iss says it.';
COMMENT ON COLUMN known_subject.subject IS
    'Whom it calls so (sub).';
COMMENT ON COLUMN known_subject.role IS
    'What they are by its claims: reader, steward or admin.';
COMMENT ON COLUMN known_subject.datasets IS
    'The datasets that its claims open, by slug; empty (null) for all, and without any for none.';

CREATE TABLE session (
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    key_id uuid REFERENCES api_key (id),
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    issuer text CHECK (issuer <> ''),
    subject text CHECK (subject <> ''),
    display_name text CHECK (display_name <> ''),
    role text CHECK (role IN ('reader', 'steward', 'admin')),
    datasets text[],
    CHECK (created_at < expires_at),
    CHECK (num_nonnulls(key_id, subject) = 1),
    CHECK (num_nonnulls(issuer, subject, role) IN (0, 3)),
    CHECK (key_id IS NULL OR num_nonnulls(display_name, datasets) = 0)
);
COMMENT ON TABLE session IS
    'Who is signed in by browser, and until when. Of the token in the cookie there is its fingerprint alone.
{"internal": true}';
COMMENT ON COLUMN session.created_at IS
    'When they signed in (UTC, the service''s clock).';
COMMENT ON COLUMN session.expires_at IS
    'From when it is over (UTC): after 12 hours, or when the issuer''s token ends.';
COMMENT ON COLUMN session.seen_at IS
    'When it was last used (UTC, the service''s clock), to five minutes.';
COMMENT ON COLUMN session.key_id IS
    'The key that was shown; what it opens now is what the session opens. Empty when an issuer said who it is.';
COMMENT ON COLUMN session.sha256 IS
    'SHA-256 of the token in the cookie.';
COMMENT ON COLUMN session.issuer IS
    'The issuer who said who it is, as iss says it; empty for a key.';
COMMENT ON COLUMN session.subject IS
    'Whom the issuer calls so (sub); empty for a key.';
COMMENT ON COLUMN session.display_name IS
    'What the issuer says that people call them; empty where it does not, and for a key.';
COMMENT ON COLUMN session.role IS
    'What they are by the issuer''s claims: reader, steward or admin; empty for a key.';
COMMENT ON COLUMN session.datasets IS
    'The datasets that the issuer''s claims open, by slug; empty (null) for all, and for a key.';
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_of_key ON session (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX session_of_subject ON session (issuer, subject) WHERE subject IS NOT NULL;

CREATE TABLE access_grant (
    granted_at timestamptz NOT NULL,
    issuer text NOT NULL CHECK (issuer <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    dataset text NOT NULL CHECK (dataset <> ''),
    granted_by text NOT NULL CHECK (granted_by <> ''),
    PRIMARY KEY (issuer, subject, dataset)
);
COMMENT ON TABLE access_grant IS
    'Datasets that stewards opened for an issuer''s subject, besides those that its claims open. Those of a key are api_key.datasets.
{"internal": true}';
COMMENT ON COLUMN access_grant.granted_at IS
    'When it was opened (UTC, the service''s clock).';
COMMENT ON COLUMN access_grant.issuer IS
    'The issuer, as iss says it.';
COMMENT ON COLUMN access_grant.subject IS
    'Whom it calls so (sub).';
COMMENT ON COLUMN access_grant.dataset IS
    'The dataset by its slug.';
COMMENT ON COLUMN access_grant.granted_by IS
    'Which steward opened it: the name of the key, or the subject of the token.';

CREATE TABLE access_request (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    key_id uuid REFERENCES api_key (id),
    issuer text CHECK (issuer <> ''),
    subject text CHECK (subject <> ''),
    asker_name text NOT NULL CHECK (asker_name <> ''),
    dataset text NOT NULL CHECK (dataset <> ''),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 2000),
    state text NOT NULL CHECK (state IN ('pending', 'granted', 'denied', 'withdrawn')),
    decided_by text CHECK (decided_by <> ''),
    note text CHECK (char_length(note) BETWEEN 1 AND 2000),
    CHECK (num_nonnulls(key_id, subject) = 1),
    CHECK (num_nonnulls(issuer, subject) IN (0, 2)),
    CHECK ((state = 'pending') = (decided_at IS NULL)),
    CHECK ((state IN ('granted', 'denied')) = (decided_by IS NOT NULL))
);
COMMENT ON TABLE access_request IS
    'Who asked for a dataset that is not open to them, why, and what a steward decided. Kept for two years after that.
{"internal": true}';
COMMENT ON COLUMN access_request.id IS
    'Lasting identity of the request.';
COMMENT ON COLUMN access_request.created_at IS
    'When it was asked (UTC, the service''s clock).';
COMMENT ON COLUMN access_request.decided_at IS
    'When it was decided or withdrawn (UTC, the service''s clock); empty while it waits.';
COMMENT ON COLUMN access_request.key_id IS
    'The key that asks; empty for an issuer''s subject.';
COMMENT ON COLUMN access_request.issuer IS
    'The issuer of the subject who asks, as iss says it; empty for a key.';
COMMENT ON COLUMN access_request.subject IS
    'The subject (sub) who asks; empty for a key.';
COMMENT ON COLUMN access_request.asker_name IS
    'What the asker was called then: the name of the key, or what the issuer calls them.';
COMMENT ON COLUMN access_request.dataset IS
    'The dataset by its slug.';
COMMENT ON COLUMN access_request.reason IS
    'What they want it for, in their words.';
COMMENT ON COLUMN access_request.state IS
    'pending, granted, denied or withdrawn.';
COMMENT ON COLUMN access_request.decided_by IS
    'Which steward decided: the name of the key, or the subject of the token; empty while it waits, and when it was withdrawn.';
COMMENT ON COLUMN access_request.note IS
    'What the steward said about it; empty for nothing.';
-- One that waits of each asker and dataset.
CREATE UNIQUE INDEX access_request_pending ON access_request (dataset, key_id, issuer, subject) NULLS NOT DISTINCT
    WHERE state = 'pending';
CREATE INDEX access_request_newest ON access_request (created_at, id);
CREATE INDEX access_request_decided ON access_request (decided_at) WHERE decided_at IS NOT NULL;
