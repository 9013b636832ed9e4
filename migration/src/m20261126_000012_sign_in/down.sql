-- Everybody is signed out; requests and what was granted to subjects are lost. Keys that users made would be keys like those
-- of the operator, without the bounds of their owners: they are revoked.

UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE num_nonnulls(owner_key, owner_subject) > 0;
DROP TABLE access_request;
DROP TABLE access_grant;
DROP TABLE session;
DROP TABLE known_subject;
DROP INDEX api_key_of_subject;
DROP INDEX api_key_of_key;
ALTER TABLE api_key
    DROP CONSTRAINT api_key_owner,
    DROP COLUMN owner_subject,
    DROP COLUMN owner_issuer,
    DROP COLUMN owner_key;
