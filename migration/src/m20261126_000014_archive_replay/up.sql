-- Replays of the archive into this database, so that one that was broken off goes on where it was.

CREATE TABLE archive_replay (
    id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    received_from timestamptz,
    received_to timestamptz,
    transactions int8 NOT NULL DEFAULT 0 CHECK (transactions >= 0),
    segments int8 NOT NULL DEFAULT 0 CHECK (segments >= 0),
    messages int8 NOT NULL DEFAULT 0 CHECK (messages >= 0),
    archive text NOT NULL,
    behind text NOT NULL DEFAULT '',
    CHECK (received_from < received_to)
) WITH (fillfactor = 50);
COMMENT ON TABLE archive_replay IS
    'Replays of the archive into this database (fieldbook replay), and how far each came.
{"internal": true}';
COMMENT ON COLUMN archive_replay.id IS
    'Number of the replay, given by this database.';
COMMENT ON COLUMN archive_replay.started_at IS
    'When it began (UTC, the clock of whoever ran it).';
COMMENT ON COLUMN archive_replay.finished_at IS
    'When it was through, or given up for a new one (UTC, the clock of whoever ran it); empty while it may go on.';
COMMENT ON COLUMN archive_replay.received_from IS
    'Segments with messages received at this instant or later (UTC); empty for any.';
COMMENT ON COLUMN archive_replay.received_to IS
    'Segments with messages received before this instant (UTC); empty for any.';
COMMENT ON COLUMN archive_replay.transactions IS
    'How many transactions it has committed; who keeps answers sees by it that the past may have changed.';
COMMENT ON COLUMN archive_replay.segments IS
    'How many segments it is through with.';
COMMENT ON COLUMN archive_replay.messages IS
    'How many messages it has gone through.';
COMMENT ON COLUMN archive_replay.archive IS
    'The bucket that it reads, and what stands before each key there.';
COMMENT ON COLUMN archive_replay.behind IS
    'The key of the last object that it is through with: it goes on behind it. Empty before the first.';
