-- Reads the whole table, which is bounded, when a steward writes.
DELETE FROM stewardship_change
WHERE changed_at < $1 OR id <= (SELECT max(id) FROM stewardship_change) - $2
