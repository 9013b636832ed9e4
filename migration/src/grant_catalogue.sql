-- Who keeps the catalogue and requests replays, and may change nothing else of the database: members of the role
-- fieldbook_catalogue, where the operator has made it. Each migration grants it the tables that there are by then.
DO $$
DECLARE
    kept text;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'fieldbook_catalogue') THEN
        FOREACH kept IN ARRAY ARRAY[
            'announcement', 'dataset_version', 'freshness_change', 'freshness_watch', 'incident', 'learnt_interval',
            'quality_due', 'quality_measurement', 'quality_progress', 'quality_rule_override', 'quality_rules',
            'reading_flag', 'sensor_intake', 'sensor_intake_kept', 'stewardship', 'stewardship_change', 'webhook',
            'webhook_delivery'
        ]
        LOOP
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO fieldbook_catalogue', kept);
        END LOOP;
        -- What stewards request; ingestors do the rest.
        GRANT SELECT, INSERT ON quarantine_replay TO fieldbook_catalogue;
    END IF;
END
$$;
