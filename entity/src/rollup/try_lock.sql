-- One refresher at a time. The number is Fieldbook's own (the letters "fbrol"); it is let go with the transaction.
SELECT pg_try_advisory_xact_lock(439738330988)
