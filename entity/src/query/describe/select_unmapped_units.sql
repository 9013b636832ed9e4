SELECT unit, count(*)
FROM sensor
WHERE unit IS NOT NULL AND unit_ucum IS NULL
GROUP BY unit
ORDER BY unit
