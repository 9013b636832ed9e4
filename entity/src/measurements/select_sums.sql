-- Of each sensor, the sums over its windows of $1 seconds from $2 to before $3. By the index quality_measurement_in_force.
SELECT sensor_id,
       sum(readings)::int8,
       coalesce(sum(present), 0)::int8, coalesce(sum(present + missing), 0)::int8,
       sum(readings - late - negative)::int8, sum(readings)::int8,
       sum(gross_evaluated - gross_fail)::int8, sum(gross_evaluated)::int8,
       coalesce(sum(CASE WHEN duplicates IS NOT NULL THEN readings END), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting), 0)::int8,
       coalesce(sum(readings + duplicates + conflicting + refused), 0)::int8,
       sum(plausible)::int8, sum(plausible_of)::int8,
       bit_or(doubts),
       (array_agg(rule_version ORDER BY window_start DESC))[1]
FROM quality_measurement
WHERE window_seconds = $1 AND window_start >= $2 AND window_start < $3 AND superseded_at IS NULL
GROUP BY sensor_id
