DELETE FROM stewardship WHERE dataset = $1
