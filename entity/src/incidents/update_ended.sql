-- By the primary key.
UPDATE incident
SET ended_at = greatest(incident.started_at, ended.at)
FROM unnest($1::uuid[], $2::timestamptz[]) AS ended (id, at)
WHERE incident.id = ended.id AND incident.ended_at IS NULL
RETURNING incident.id, incident.kind, incident.dataset, incident.sensor_id, incident.started_at, incident.ended_at, incident.detail
