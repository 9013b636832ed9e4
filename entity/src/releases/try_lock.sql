-- One process at a time notes versions. The number is Fieldbook's own (the letters "fbcat"); it is let go with the transaction.
SELECT pg_try_advisory_xact_lock(439737344372)
