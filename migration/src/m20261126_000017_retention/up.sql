-- How long readings and rollups are kept, and from before when they may be gone.
CREATE TABLE retention (
    gone_before timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    readings_gone int8 NOT NULL DEFAULT 0 CHECK (readings_gone >= 0),
    keep_days int4 CHECK (keep_days BETWEEN 7 AND 36500),
    table_name text PRIMARY KEY CHECK (table_name IN ('reading', 'reading_1m', 'reading_1h', 'reading_1d')),
    changed_by text NOT NULL CHECK (changed_by <> '')
);
COMMENT ON TABLE retention IS
    'How long readings and rollups are kept. Ingestors delete what is older, day by day; raw messages on S3 are kept by the bucket''s own rules.
{"internal": true}';
COMMENT ON COLUMN retention.gone_before IS
    'Rows from before this instant (UTC, midnight) may have been deleted, and no reading from before it is taken any more; it never moves back. Empty while all is kept.';
COMMENT ON COLUMN retention.changed_at IS
    'When keep_days was said (UTC, the database''s clock).';
COMMENT ON COLUMN retention.readings_gone IS
    'Of reading_1d: how many readings the deleted days were made from, so that the count of all readings ever stored still adds up.';
COMMENT ON COLUMN retention.keep_days IS
    'Rows are kept for so many days; empty for ever. Coarser tables are kept at least as long as finer ones.';
COMMENT ON COLUMN retention.table_name IS
    'The table: reading, reading_1m, reading_1h or reading_1d.';
COMMENT ON COLUMN retention.changed_by IS
    'Who said keep_days.';
INSERT INTO retention (table_name, changed_by)
VALUES ('reading', 'migration'), ('reading_1m', 'migration'), ('reading_1h', 'migration'), ('reading_1d', 'migration');

COMMENT ON COLUMN quarantined_message.item IS
    'Which reading of a message with several it is about, counted from 1; 0 for a whole message, and for the reading of a message that says one.';
