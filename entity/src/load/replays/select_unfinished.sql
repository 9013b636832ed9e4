SELECT id, transactions, segments, messages, behind
FROM archive_replay
WHERE finished_at IS NULL
  AND archive = $1
  AND received_from IS NOT DISTINCT FROM $2
  AND received_to IS NOT DISTINCT FROM $3
ORDER BY id DESC
LIMIT 1
