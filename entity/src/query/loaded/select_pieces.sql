-- The segments that hold the positions ($2, $3] of the journal $1, by the primary key: from the last one that begins at
-- or before the first of these positions. A segment ends where the next begins.
SELECT greatest(first_seq - 1, $2),
       least(coalesce(lead(first_seq) OVER (ORDER BY first_seq) - 1, $3), $3),
       time_min,
       time_max
FROM segment
WHERE journal_id = $1
  AND first_seq <= $3
  AND first_seq >= coalesce(
      (SELECT max(first_seq) FROM segment WHERE journal_id = $1 AND first_seq <= $2 + 1), 0)
ORDER BY first_seq
LIMIT $4
