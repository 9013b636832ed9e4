SELECT dataset, said FROM stewardship
