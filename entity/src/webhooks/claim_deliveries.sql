-- The oldest delivery of each webhook and subject, where its time has come. One under way stays the oldest of its subject,
-- with its time in the future, so that nothing overtakes it. By the partial index webhook_delivery_waiting, which is empty
-- when nothing waits. Of two senders that meet, the second sees the first one's new time, and takes others.
WITH head AS (
    SELECT DISTINCT ON (webhook_id, subject) id, webhook_id, next_attempt_at
    FROM webhook_delivery
    WHERE delivered_at IS NULL AND given_up_at IS NULL
    ORDER BY webhook_id, subject, id
),
due AS (
    SELECT head.id, webhook.url, webhook.secret
    FROM head
    JOIN webhook ON webhook.id = head.webhook_id
    WHERE head.next_attempt_at <= $1 AND webhook.disabled_at IS NULL
    ORDER BY head.next_attempt_at, head.id
    LIMIT $3
)
UPDATE webhook_delivery AS claimed
SET next_attempt_at = $2, attempts = claimed.attempts + 1
FROM due
WHERE claimed.id = due.id
  AND claimed.next_attempt_at <= $1
  AND claimed.delivered_at IS NULL
  AND claimed.given_up_at IS NULL
RETURNING claimed.id, claimed.webhook_id, claimed.message_id, claimed.created_at, claimed.attempts, claimed.payload,
          due.url, due.secret
