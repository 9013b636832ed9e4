-- The words of all descriptions that an asker may see ($1; all when null), but for those with digits: numbers are not
-- misspelt. The 20,000 of most sensors, in one text.
SELECT coalesce(string_agg(known.word, ' '), '')
FROM (
    SELECT word
    FROM ts_stat(
        CASE
            WHEN $1::int4[] IS NULL THEN 'SELECT terms FROM sensor'
            ELSE format('SELECT terms FROM sensor WHERE id = ANY(%L::int4[])', $1)
        END
    )
    WHERE word !~ '[0-9]'
    ORDER BY ndoc DESC, word
    LIMIT 20000
) AS known
