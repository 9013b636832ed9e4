-- The number is Fieldbook's own (the letters "fbrsv"); it is let go with the transaction.
SELECT pg_advisory_xact_lock(439738332022)
