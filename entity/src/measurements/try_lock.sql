-- One evaluator at a time. The number is Fieldbook's own (the letters "fbqua"); it is let go with the transaction.
SELECT pg_try_advisory_xact_lock(439738266977)
