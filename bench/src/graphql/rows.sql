\set number random(1, 1000)
SELECT time, value, flag FROM reading WHERE sensor_id = :number AND time >= timestamptz '2026-01-01' AND time < timestamptz '2026-01-01 16:40:00' ORDER BY time LIMIT 1000;
