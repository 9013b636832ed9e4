-- Every table, view and type of rows that is somebody's: not the server's own, not an extension's, no part of another.
SELECT
    class.oid::int8,
    namespace.nspname::text,
    class.relname::text,
    class.relkind::text,
    coalesce(obj_description(class.oid, 'pg_class'), obj_description(class.reltype, 'pg_type'))
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  AND NOT class.relispartition
  AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
  AND namespace.nspname !~ '^(pg_toast|pg_temp|_timescaledb|timescaledb_)'
  AND NOT EXISTS (
      SELECT FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND objid = class.oid AND deptype = 'e'
  )
ORDER BY namespace.nspname <> current_schema(), namespace.nspname, class.relname
