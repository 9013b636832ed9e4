-- What stewards said and announced is lost, and who did: the catalogue's file holds again.

DROP INDEX incident_dataset;
DROP TABLE quality_rule_override;
DROP TABLE announcement;
DROP TABLE stewardship_change;
DROP TABLE stewardship;
