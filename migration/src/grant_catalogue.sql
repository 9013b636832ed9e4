-- Who keeps the catalogue, who is signed in and who requests replays, and may change nothing else of the database: members of the role
-- fieldbook_catalogue, where the operator has made it. Each migration grants it the tables that there are by then.
DO $$
DECLARE
    kept text;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'fieldbook_catalogue') THEN
        FOREACH kept IN ARRAY ARRAY[
            'access_grant', 'access_request', 'announcement', 'dataset_version', 'freshness_change', 'freshness_watch',
            'incident', 'known_subject', 'learnt_interval', 'quality_due', 'quality_measurement', 'quality_progress',
            'quality_rule_override', 'quality_rules', 'reading_flag', 'sensor_intake', 'sensor_intake_kept', 'session',
            'stewardship', 'stewardship_change', 'webhook', 'webhook_delivery'
        ]
        LOOP
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO fieldbook_catalogue', kept);
        END LOOP;
        -- What stewards request; ingestors do the rest.
        GRANT SELECT, INSERT ON quarantine_replay TO fieldbook_catalogue;
        -- Users make and revoke keys of their own, and stewards open datasets for a key; no key is renamed, raised in its
        -- role or forgotten.
        GRANT SELECT, INSERT, UPDATE (datasets, revoked_at, last_used_at) ON api_key TO fieldbook_catalogue;
    END IF;
END
$$;
