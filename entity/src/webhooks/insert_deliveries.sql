-- A delivery of each message for each webhook that wants it, as long as less than $7 wait for it; others are counted.
-- Waiting ones by the partial index webhook_delivery_waiting.
WITH wanted AS (
    SELECT webhook.id AS webhook_id, message.event, message.subject, message.payload, message.number,
           waiting.count + row_number() OVER (PARTITION BY webhook.id ORDER BY message.number) AS place
    FROM webhook
    CROSS JOIN LATERAL (
        SELECT count(*)
        FROM webhook_delivery
        WHERE webhook_id = webhook.id AND delivered_at IS NULL AND given_up_at IS NULL
    ) AS waiting
    JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        WITH ORDINALITY AS message (kind, event, dataset, subject, payload, number)
        ON message.kind = ANY (webhook.events) AND (webhook.dataset IS NULL OR webhook.dataset = message.dataset)
    WHERE webhook.disabled_at IS NULL
),
inserted AS (
    INSERT INTO webhook_delivery (created_at, next_attempt_at, webhook_id, event, subject, payload)
    SELECT $6, $6, webhook_id, event, subject, payload
    FROM wanted
    WHERE place <= $7
    ORDER BY number, webhook_id
    RETURNING id
),
refused AS (
    SELECT webhook_id, count(*) AS messages
    FROM wanted
    WHERE place > $7
    GROUP BY webhook_id
),
counted AS (
    UPDATE webhook
    SET dropped = webhook.dropped + refused.messages
    FROM refused
    WHERE webhook.id = refused.webhook_id
    RETURNING refused.messages
)
SELECT (SELECT count(*) FROM inserted), (SELECT coalesce(sum(messages), 0)::int8 FROM counted)
