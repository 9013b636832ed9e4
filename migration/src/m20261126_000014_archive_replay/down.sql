-- Replays that were broken off begin anew.

DROP TABLE archive_replay;
