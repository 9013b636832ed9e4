-- Unless there are $7 already.
INSERT INTO webhook (id, created_at, url, secret, events, dataset)
SELECT $1, $2, $3, $4, $5::text[], $6::text
WHERE (SELECT count(*) FROM webhook) < $7
