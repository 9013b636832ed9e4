UPDATE quality_progress SET told_until = $2 WHERE window_seconds = $1
