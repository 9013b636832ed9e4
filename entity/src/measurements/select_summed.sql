-- Of each window of $1 seconds from $2 to before $3, the sums over its sensors; $4: those of them that may be seen, null for all.
-- By the index quality_measurement_in_force.
SELECT window_start, count(*)::int8, count(*) FILTER (WHERE readings > 0)::int8, max(computed_at),
       sum(readings)::int8,
       coalesce(sum(present), 0)::int8, coalesce(sum(present + missing), 0)::int8,
       sum(readings - late - negative)::int8, sum(readings)::int8,
       sum(gross_evaluated - gross_fail)::int8, sum(gross_evaluated)::int8,
       coalesce(sum(CASE WHEN duplicates IS NOT NULL THEN readings END), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting + refused), 0)::int8,
       sum(plausible)::int8, sum(plausible_of)::int8,
       bit_or(doubts)
FROM quality_measurement
WHERE window_seconds = $1
  AND window_start >= $2
  AND window_start < $3
  AND superseded_at IS NULL
  AND ($4::int4[] IS NULL OR sensor_id = ANY ($4))
GROUP BY window_start
ORDER BY window_start
