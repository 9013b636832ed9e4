-- least() leaves out what is null: what neither ends nor is withdrawn stays.
DELETE FROM announcement
WHERE least(ends_at, withdrawn_at) < $1 AND changed_at < $1
