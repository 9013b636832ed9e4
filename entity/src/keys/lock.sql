-- Users make keys one after the other, so that none has more than they may. The number is Fieldbook's own (the letters
-- "fbkey"); it is let go with the transaction.
SELECT pg_advisory_xact_lock(439737869689)
