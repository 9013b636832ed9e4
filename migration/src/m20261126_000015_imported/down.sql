-- Rows of imported files that are tried again are then read as messages.

ALTER TABLE quarantined_message DROP COLUMN imported;
