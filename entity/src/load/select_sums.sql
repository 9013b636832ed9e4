-- By the primary key (journal_id, first_seq).
SELECT coalesce(sum(decoded), 0)::int8,
       coalesce(sum(quarantined), 0)::int8,
       coalesce(sum(readings_new), 0)::int8,
       coalesce(sum(readings_duplicate), 0)::int8,
       coalesce(sum(readings_conflicting), 0)::int8,
       coalesce(sum(readings_refused), 0)::int8
FROM segment
WHERE journal_id = $1 AND first_seq >= $2
