DROP INDEX sensor_name;
