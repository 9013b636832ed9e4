-- As add_counts.sql, but only where so many messages ($11) are counted so far: the books of a segment are how far it is
-- loaded. No row where somebody else has counted meanwhile.
INSERT INTO segment (
    journal_id, first_seq, decoded, quarantined, readings_new, readings_duplicate, readings_conflicting, readings_refused,
    time_min, time_max
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (journal_id, first_seq) DO UPDATE
SET decoded = segment.decoded + EXCLUDED.decoded,
    quarantined = segment.quarantined + EXCLUDED.quarantined,
    readings_new = segment.readings_new + EXCLUDED.readings_new,
    readings_duplicate = segment.readings_duplicate + EXCLUDED.readings_duplicate,
    readings_conflicting = segment.readings_conflicting + EXCLUDED.readings_conflicting,
    readings_refused = segment.readings_refused + EXCLUDED.readings_refused,
    -- LEAST and GREATEST pass over nulls.
    time_min = LEAST(segment.time_min, EXCLUDED.time_min),
    time_max = GREATEST(segment.time_max, EXCLUDED.time_max)
WHERE segment.decoded + segment.quarantined = $11
