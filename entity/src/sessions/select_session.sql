SELECT session.expires_at, seen_at, api_key.sha256, issuer, subject, session.role, session.datasets, display_name
FROM session
LEFT JOIN api_key ON api_key.id = key_id
WHERE session.sha256 = $1
