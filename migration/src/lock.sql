-- One process migrates at a time. The number is Fieldbook's own (the letters "fbmig"); it is let go with the transaction.
-- Waiting for another process and building indexes may take longer than a statement of everyday work.
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(439738001767);
