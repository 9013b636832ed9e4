-- Questions name a sensor without its source, and lists of sensors are sorted by name, source and id: the unique key begins
-- with the source, so every such question looked at every sensor.
CREATE INDEX sensor_name ON sensor (name, source, id);
