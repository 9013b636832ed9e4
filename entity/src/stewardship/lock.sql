-- One steward at a time. The number is Fieldbook's own (the letters "fbstw"); it is let go with the transaction.
SELECT pg_advisory_xact_lock(439738397815)
