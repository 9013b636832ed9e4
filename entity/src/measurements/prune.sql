WITH forgotten AS (
    DELETE FROM quality_due WHERE window_seconds = $1 AND window_start < $2
)
DELETE FROM quality_measurement WHERE window_seconds = $1 AND window_start < $2
