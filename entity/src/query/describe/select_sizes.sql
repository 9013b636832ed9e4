-- About how many rows, and how many bytes with indexes, parts and chunks included. Where nobody has counted rows yet, nothing.
WITH RECURSIVE part AS (
    SELECT wanted.oid AS relation, wanted.oid::oid AS oid
    FROM unnest($1::int8[]) AS wanted (oid)
    UNION ALL
    SELECT part.relation, inhrelid
    FROM part
    JOIN pg_inherits ON inhparent = part.oid
)
SELECT
    part.relation,
    sum(class.reltuples) FILTER (WHERE class.reltuples >= 0)::float8,
    sum(pg_total_relation_size(part.oid))::int8
FROM part
JOIN pg_class AS class ON class.oid = part.oid AND class.relkind IN ('r', 'p', 'm')
GROUP BY part.relation
