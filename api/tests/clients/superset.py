"""SELECTs over SQLAlchemy with the GraphQL driver of Apache Superset; prints a line of JSON for each.

Usage: superset.py URL SELECT...
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from sqlalchemy import create_engine

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def shown(value):
    if isinstance(value, datetime):
        assert value.tzinfo is not None, value
        return (value - EPOCH) // timedelta(microseconds=1)
    return value


# Tables that are lists; all others are connections.
engine = create_engine(sys.argv[1], list_queries=["readingRows", "bucketRows"])
with engine.connect() as connection:
    for statement in sys.argv[2:]:
        try:
            result = connection.exec_driver_sql(statement)
            rows = [[shown(value) for value in row] for row in result]
            print(json.dumps({"columns": list(result.keys()), "rows": rows}))
        except Exception as error:  # the driver raises whatever went wrong inside
            print(json.dumps({"error": repr(error)}))
