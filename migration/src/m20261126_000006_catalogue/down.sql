DO $$
DECLARE
    note record;
BEGIN
    FOR note IN
        SELECT c.oid::regclass AS relation, a.attname AS field,
               regexp_replace(d.description, E'\\n\\{[^\\n]*\\}$', '') AS text
        FROM pg_class AS c
        JOIN pg_description AS d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
          AND d.description ~ E'\\n\\{[^\\n]*\\}$'
    LOOP
        IF note.field IS NULL THEN
            EXECUTE format('COMMENT ON TABLE %s IS %L', note.relation, note.text);
        ELSE
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', note.relation, note.field, note.text);
        END IF;
    END LOOP;
END
$$;

DROP TABLE dataset_version;
DROP TYPE raw_message;
