SELECT closed_until, measured_until, told_until, changes
FROM quality_progress
WHERE window_seconds = $1
