DELETE FROM reading_flag WHERE time < $1
