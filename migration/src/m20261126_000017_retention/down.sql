COMMENT ON COLUMN quarantined_message.item IS
    'Which reading of the message it is about, counted from 0; also 0 for a whole message.';
DROP TABLE retention;
