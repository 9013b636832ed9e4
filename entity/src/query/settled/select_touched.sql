-- Whether anything since the positions $1, $2 may have changed what was measured before $4, or what is known of sensors ($3).
-- Segments by their primary key (journal_id, first_seq), from the one that holds the next position on: there is one a
-- minute. Their times are kept in the transaction that loads, so they hold late readings as soon as these are seen.
SELECT (
        SELECT concat_ws(' ', count(*), sum(extract(epoch FROM active_since)), sum(expected_interval_seconds),
                       (SELECT concat_ws('/', count(*), max(id), sum(replayed)) FROM quarantine_replay),
                       (SELECT concat_ws('/', max(id), sum(transactions)) FROM archive_replay))
        FROM sensor
    ) <> $3
    OR EXISTS (
        SELECT
        FROM ingest_checkpoint AS reached
        LEFT JOIN unnest($1::int2[], $2::int8[]) AS known (journal_id, seq) ON known.journal_id = reached.journal_id
        WHERE reached.consumer = 'loader'
          AND reached.seq <> coalesce(known.seq, 0)
          AND (
              -- A checkpoint that went back is another database.
              reached.seq < known.seq
              OR EXISTS (
                  SELECT
                  FROM sensor_list
                  WHERE sensor_list.journal_id = reached.journal_id AND sensor_list.seq > coalesce(known.seq, 0)
              )
              OR EXISTS (
                  SELECT
                  FROM segment
                  WHERE segment.journal_id = reached.journal_id
                    AND segment.first_seq >= coalesce((
                        SELECT max(holder.first_seq)
                        FROM segment AS holder
                        WHERE holder.journal_id = reached.journal_id AND holder.first_seq <= coalesce(known.seq, 0) + 1
                    ), 0)
                    AND segment.time_min < $4
              )
          )
    )
    -- So is one that lost a journal.
    OR EXISTS (
        SELECT
        FROM unnest($1::int2[]) AS known (journal_id)
        WHERE NOT EXISTS (
            SELECT
            FROM ingest_checkpoint AS reached
            WHERE reached.consumer = 'loader' AND reached.journal_id = known.journal_id
        )
    )
