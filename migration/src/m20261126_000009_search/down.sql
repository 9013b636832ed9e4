ALTER TABLE sensor DROP COLUMN terms;
DROP FUNCTION sensor_terms(text, text, text, text, text, text, text, jsonb);
DROP FUNCTION search_text(text);
