-- Days from before $1, and the readings that they were made from are counted.
WITH gone AS (
    DELETE FROM reading_1d WHERE bucket < $1
    RETURNING count + count_fail AS readings
)
UPDATE retention
SET readings_gone = readings_gone + coalesce((SELECT sum(readings) FROM gone), 0)::int8
WHERE table_name = 'reading_1d'
  AND EXISTS (SELECT FROM gone)
