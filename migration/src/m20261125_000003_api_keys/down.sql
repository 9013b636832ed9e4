-- All keys are lost: only their fingerprints were here, so none can be made again.

DROP TABLE dataset;
DROP TABLE api_key;
