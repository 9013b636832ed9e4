SELECT dataset FROM access_grant WHERE issuer = $1 AND subject = $2 ORDER BY dataset
