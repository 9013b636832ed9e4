-- Requests are lost, and which message counts where in sensor_intake.

DROP TABLE quarantine_replay;
DROP INDEX quarantined_message_code;
ALTER TABLE quarantined_message
    DROP COLUMN tried_at,
    DROP COLUMN counted_hour,
    DROP COLUMN tried_by,
    DROP COLUMN counted_sensor_id;
