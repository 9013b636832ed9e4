-- Requests are made one after the other, so that none asks more often than they may. The number is Fieldbook's own (the
-- letters "fbreq"); it is let go with the transaction.
SELECT pg_advisory_xact_lock(439738328433)
