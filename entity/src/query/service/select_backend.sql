SELECT current_setting('server_version'),
       (SELECT extversion::text FROM pg_extension WHERE extname = 'timescaledb'),
       current_setting('timescaledb.license', true)
