SELECT said FROM stewardship WHERE dataset = $1
