-- Nothing is lost but work: all of it follows from reading.

ALTER TABLE reading_1m
    DROP COLUMN increase,
    DROP COLUMN area,
    DROP COLUMN last_at,
    DROP COLUMN first_at;

ALTER TABLE reading_1h
    DROP COLUMN increase,
    DROP COLUMN area,
    DROP COLUMN last_at,
    DROP COLUMN first_at;

ALTER TABLE reading_1d
    DROP COLUMN increase,
    DROP COLUMN area,
    DROP COLUMN last_at,
    DROP COLUMN first_at;
