-- By the partial index incident_open.
SELECT id, kind, dataset, sensor_id, started_at, ended_at, detail
FROM incident
WHERE ended_at IS NULL
