-- Rows of imported files are read by a rule of their own, when they are tried again too.

ALTER TABLE quarantined_message ADD COLUMN imported bool NOT NULL DEFAULT false;
COMMENT ON COLUMN quarantined_message.imported IS
    'True for a row of an imported file, false for a message of a source.';
