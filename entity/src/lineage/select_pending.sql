-- How many minutes, and coarser buckets, of sensors wait to be computed, and between which days they lie.
SELECT (SELECT coalesce(sum(cardinality(sensor_ids)), 0)::int8 FROM rollup_dirty),
       (SELECT count(*) FROM rollup_due),
       least((SELECT min(bucket) FROM rollup_dirty), (SELECT min(bucket) FROM rollup_due)),
       greatest((SELECT max(bucket) FROM rollup_dirty), (SELECT max(bucket) FROM rollup_due))
