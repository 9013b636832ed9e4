-- Null, for all datasets, stays null.
SELECT role, CASE WHEN datasets IS NOT NULL THEN datasets || ARRAY(
    SELECT dataset FROM access_grant AS opened WHERE (opened.issuer, opened.subject) = (known.issuer, known.subject)
) END
FROM known_subject AS known
WHERE issuer = $1 AND subject = $2
