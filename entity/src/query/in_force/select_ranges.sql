-- Of each message, the newest version of its sensor that was in force: by the primary key (sensor_id, valid_from), backwards.
-- In a journal its positions decide, for a clock may go back: a list before the message was in force, whatever its receipt
-- says, and one behind it was not. Lists are few.
SELECT asked.position, (version.metadata ->> 'range_min')::float8, (version.metadata ->> 'range_max')::float8
FROM unnest($1::int4[], $2::int2[], $3::int8[], $4::timestamptz[]) WITH ORDINALITY
    AS asked (sensor_id, journal_id, seq, received_at, position)
JOIN sensor ON sensor.id = asked.sensor_id
CROSS JOIN LATERAL (
    SELECT each.metadata
    FROM sensor_version AS each
    WHERE each.sensor_id = asked.sensor_id
      AND each.valid_from <= greatest(asked.received_at, (
          SELECT max(list.received_at)
          FROM sensor_list AS list
          WHERE list.journal_id = asked.journal_id AND list.seq < asked.seq AND list.source = sensor.source
      ))
      -- Which list brought a version is known by its receipt alone.
      AND coalesce((
          SELECT min(list.seq) < asked.seq
          FROM sensor_list AS list
          WHERE list.journal_id = asked.journal_id AND list.source = sensor.source AND list.received_at = each.valid_from
      ), true)
    ORDER BY each.valid_from DESC
    LIMIT 1
) AS version
