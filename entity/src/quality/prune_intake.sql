DELETE FROM sensor_intake WHERE hour < $1
