-- Whether all positions of the journal $1 behind $2 up to $3 lie in archived segments that are whole in the books: then a
-- replay has moved the checkpoint, and nobody else.
SELECT coalesce(min(first_seq) <= $2 + 1
            AND max(last_seq) >= $3
            AND bool_and(messages = decoded + quarantined)
            AND sum(least(last_seq, $3) - greatest(first_seq, $2 + 1) + 1) = $3 - $2, false)
FROM segment
WHERE journal_id = $1
  AND last_seq > $2
  AND first_seq <= $3
