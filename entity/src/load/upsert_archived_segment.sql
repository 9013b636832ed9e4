-- Only the archiver's columns. The same segment again gives the same row.
INSERT INTO segment (
    journal_id, first_seq, last_seq, messages, bytes, bytes_compressed, first_received_at, last_received_at, archived_at,
    object_key, sha256
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (journal_id, first_seq) DO UPDATE
SET last_seq = EXCLUDED.last_seq,
    messages = EXCLUDED.messages,
    bytes = EXCLUDED.bytes,
    bytes_compressed = EXCLUDED.bytes_compressed,
    first_received_at = EXCLUDED.first_received_at,
    last_received_at = EXCLUDED.last_received_at,
    archived_at = EXCLUDED.archived_at,
    object_key = EXCLUDED.object_key,
    sha256 = EXCLUDED.sha256
