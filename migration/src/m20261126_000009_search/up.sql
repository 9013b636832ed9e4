-- What sensors are found by. The words stand in a column of their own, so that a search that meets most sensors only compares
-- them and does not cut all texts into words again.

-- Names of plants have signs in them that the parser of full text takes for addresses, paths and minuses: "hall/2/pump-7" is
-- one word to it. A text longer than 20,000 characters is cut, because a tsvector has an end and a sensor must not fail on it.
CREATE FUNCTION search_text(said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(regexp_replace(left(said, 20000), '[!-/:-@\[-`{-~]+', ' ', 'g'));
COMMENT ON FUNCTION search_text(text) IS
    'A text as it is searched: in lower case, with blanks in place of ASCII''s signs.';

CREATE FUNCTION sensor_terms(
    name text, type text, unit text, unit_symbol text, unit_ucum text, unit_quantity_kind text, description text, labels jsonb
) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(to_tsvector('simple', search_text(name)), 'A')
        || setweight(to_tsvector('simple', search_text(
               coalesce(type, '') || ' ' || coalesce(unit, '') || ' ' || coalesce(unit_symbol, '') || ' '
               || coalesce(unit_ucum, '') || ' ' || coalesce(unit_quantity_kind, '') || ' '
               || jsonb_path_query_array(labels, '$.*')::text)), 'B')
        || to_tsvector('simple', search_text(coalesce(description, '')));
COMMENT ON FUNCTION sensor_terms(text, text, text, text, text, text, text, jsonb) IS
    'The words by which a sensor is found: those of its name weigh A, of its type, unit and labels B, of its description D.';

ALTER TABLE sensor ADD COLUMN terms tsvector NOT NULL GENERATED ALWAYS AS (
    sensor_terms(name, type, unit, unit_symbol, unit_ucum, unit_quantity_kind, description, labels)
) STORED;
COMMENT ON COLUMN sensor.terms IS
    'The words of the sensor''s name, type, unit, labels and description, in lower case: what search finds it by.
{"internal": true}';
CREATE INDEX sensor_terms ON sensor USING gin (terms);
