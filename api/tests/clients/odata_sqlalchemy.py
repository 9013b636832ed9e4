"""Asks over SQLAlchemy with the dialect sqlalchemy-odata, and prints what comes as JSON.

Usage: odata_sqlalchemy.py odata://HOST:PORT/odata/v4 STATEMENT…
"""

import datetime
import json
import sys

import sqlalchemy

engine = sqlalchemy.create_engine(sys.argv[1])


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    return value


answers = [sorted(sqlalchemy.inspect(engine).get_table_names())]
with engine.connect() as connection:
    for statement in sys.argv[2:]:
        rows = connection.execute(sqlalchemy.text(statement)).fetchall()
        answers.append([[plain(value) for value in row] for row in rows])
print(json.dumps(answers))
