-- The number is Fieldbook's own (the letters "fblst"); it is let go with the transaction.
SELECT pg_advisory_xact_lock(439737938804)
