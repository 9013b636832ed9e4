DELETE FROM session WHERE sha256 = $1
