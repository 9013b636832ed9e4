-- One keeper at a time. The number is Fieldbook's own (the letters "fbkep"); it is let go with the transaction.
SELECT pg_try_advisory_xact_lock(439737869680)
