SELECT
    attribute.attrelid::int8,
    attribute.attname::text,
    format_type(attribute.atttypid, attribute.atttypmod),
    -- A view's columns are never marked: what they are made of may be.
    NOT attribute.attnotnull,
    coalesce(keys.is_key, false),
    keys.foreign_table,
    keys.foreign_column,
    col_description(attribute.attrelid, attribute.attnum),
    coalesce(checks.definitions, '{}'),
    EXISTS (
        SELECT FROM pg_index
        JOIN pg_class AS index ON index.oid = indexrelid
        JOIN pg_am ON pg_am.oid = index.relam AND amname = 'btree'
        WHERE indrelid = attribute.attrelid AND indkey[0] = attribute.attnum AND indpred IS NULL
    )
FROM unnest($1::int8[]) AS wanted (oid)
JOIN pg_attribute AS attribute
    ON attribute.attrelid = wanted.oid::oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
LEFT JOIN LATERAL (
    SELECT
        bool_or(contype = 'p') AS is_key,
        min(confrelid::regclass::text) FILTER (WHERE contype = 'f') AS foreign_table,
        min(target.attname::text) FILTER (WHERE contype = 'f') AS foreign_column
    FROM pg_constraint
    LEFT JOIN pg_attribute AS target ON target.attrelid = confrelid AND target.attnum = confkey[1]
    WHERE conrelid = attribute.attrelid
      AND (contype = 'p' OR contype = 'f' AND cardinality(conkey) = 1)
      AND attribute.attnum = ANY (conkey)
) AS keys ON true
LEFT JOIN LATERAL (
    SELECT array_agg(pg_get_expr(conbin, conrelid) ORDER BY conname) AS definitions
    FROM pg_constraint
    WHERE conrelid = attribute.attrelid AND contype = 'c' AND conkey = ARRAY[attribute.attnum]
) AS checks ON true
ORDER BY attribute.attrelid, attribute.attnum
