SELECT
    coalesce(sum(messages), 0)::int8,
    coalesce(sum(bytes_compressed), 0)::int8,
    min(first_received_at),
    max(last_received_at)
FROM segment
WHERE object_key IS NOT NULL
