WITH given_up AS (
    UPDATE archive_replay
    SET finished_at = $4
    WHERE finished_at IS NULL
      AND archive = $1
      AND received_from IS NOT DISTINCT FROM $2
      AND received_to IS NOT DISTINCT FROM $3
)
INSERT INTO archive_replay (archive, received_from, received_to, started_at)
VALUES ($1, $2, $3, $4)
RETURNING id
