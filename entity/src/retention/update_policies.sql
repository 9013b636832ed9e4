UPDATE retention
SET keep_days = nullif(said.keep_days, 0), changed_at = now(), changed_by = $3
FROM unnest($1::text[], $2::int4[]) AS said (table_name, keep_days)
WHERE retention.table_name = said.table_name
