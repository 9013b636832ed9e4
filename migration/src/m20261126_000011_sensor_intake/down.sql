-- What was counted is lost.

DROP TABLE sensor_intake_kept;
DROP TABLE sensor_intake;
