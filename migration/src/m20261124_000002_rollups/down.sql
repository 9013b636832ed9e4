-- Nothing is lost but work: all of it follows from reading.

DROP TABLE rollup_due;
DROP TABLE rollup_dirty;
DROP TABLE reading_1d;
DROP TABLE reading_1h;
DROP TABLE reading_1m;
