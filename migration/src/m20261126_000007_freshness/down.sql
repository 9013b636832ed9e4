-- What is known of the past's freshness is lost, and nobody is told any more. The secrets of webhooks are nowhere else.

DROP INDEX reading_conflict_received_at;
DROP TABLE webhook_delivery;
DROP TABLE webhook;
DROP TABLE incident;
DROP TABLE freshness_watch;
DROP TABLE freshness_change;
DROP TABLE learnt_interval;
