"""Reads an export in every format by pandas, polars, DuckDB and pyarrow, and compares each with what is expected.

Usage: exports.py URL EXPECTED ROOM

URL has FORMAT where the extension belongs; EXPECTED is a JSON file with `columns` and `rows`, times in microseconds; ROOM is
a folder for files. Columns that EXPECTED does not name are not looked at.
"""

import datetime
import json
import math
import pathlib
import sys

import duckdb
import pandas
import polars
import pyarrow.csv
import pyarrow.feather
import pyarrow.json
import pyarrow.parquet
import requests

url, expected, room = sys.argv[1], json.load(open(sys.argv[2])), pathlib.Path(sys.argv[3])
columns, wanted = expected["columns"], expected["rows"]
times = [name for name in columns if name in ("time", "start", "end", "received_at")]

files = {}
for format in ("csv", "ndjson", "parquet", "arrow"):
    response = requests.get(url.replace("FORMAT", format), timeout=60)
    response.raise_for_status()
    files[format] = room / f"export.{format}"
    files[format].write_bytes(response.content)
csv, ndjson, parquet, arrow = (str(files[format]) for format in ("csv", "ndjson", "parquet", "arrow"))

READERS = {
    "pandas csv": lambda: pandas.read_csv(csv, parse_dates=times),
    "pandas ndjson": lambda: pandas.read_json(ndjson, lines=True, dtype=False, precise_float=True),
    "pandas parquet": lambda: pandas.read_parquet(parquet),
    "pandas arrow": lambda: pandas.read_feather(arrow),
    "polars csv": lambda: polars.read_csv(csv, try_parse_dates=True, infer_schema_length=None),
    "polars ndjson": lambda: polars.read_ndjson(ndjson, infer_schema_length=None).with_columns(
        polars.col(times).str.to_datetime(time_unit="us", time_zone="UTC")),
    "polars parquet": lambda: polars.read_parquet(parquet),
    "polars arrow": lambda: polars.read_ipc(arrow),
    "duckdb csv": lambda: duckdb.sql(f"SELECT * FROM read_csv('{csv}', header = true)").arrow(),
    "duckdb ndjson": lambda: duckdb.sql(f"SELECT * FROM read_json('{ndjson}', format = 'newline_delimited')").arrow(),
    "duckdb parquet": lambda: duckdb.sql(f"SELECT * FROM read_parquet('{parquet}')").arrow(),
    "duckdb arrow": lambda: duckdb_arrow(),
    "pyarrow csv": lambda: pyarrow.csv.read_csv(
        csv,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)),
    "pyarrow ndjson": lambda: pyarrow.json.read_json(ndjson),
    "pyarrow parquet": lambda: pyarrow.parquet.read_table(parquet),
    "pyarrow arrow": lambda: pyarrow.feather.read_table(arrow, memory_map=False),
}


def duckdb_arrow():
    readings = pyarrow.feather.read_table(arrow, memory_map=False)
    return duckdb.sql("SELECT * FROM readings").arrow()


def cell(name, value):
    if value is None or value is pandas.NA or value is pandas.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if name in times:
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return (value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
    return value.item() if hasattr(value, "item") else value


def rows(table):
    if hasattr(table, "read_all"):
        table = table.read_all()
    if isinstance(table, pandas.DataFrame):
        lists = [table[name].tolist() for name in columns]
    elif isinstance(table, polars.DataFrame):
        lists = [table[name].to_list() for name in columns]
    else:
        lists = [table[name].to_pylist() for name in columns]
    return [[cell(name, value) for name, value in zip(columns, row)] for row in zip(*lists)]


def alike(ours, theirs):
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return float(ours) == float(theirs)
    return ours == theirs


read = 0
for name, reader in READERS.items():
    if not wanted and name.endswith("ndjson"):
        continue
    table = reader()
    found = rows(table)
    assert len(found) == len(wanted), f"{name}: {len(found)} rows, not {len(wanted)}"
    for at, (ours, theirs) in enumerate(zip(found, wanted)):
        for column, mine, other in zip(columns, ours, theirs):
            assert alike(mine, other), f"{name}, row {at}, {column}: {mine!r}, not {other!r}"
    read += 1

# Types, as programs see them without being told.
WORDS = ("sensor", "source", "type", "unit", "integral_unit", "sensor_id", "description", "flag", "time_zone")
DOUBLES = ("value", "avg", "min", "max", "sum", "first", "last", "stddev", "completeness", "time_weighted_avg", "integral",
           "increase", "lat", "lng")
TYPES = {
    **{name: "timestamp[us, tz=UTC]" for name in times},
    **{name: "dictionary<values=string, indices=int32, ordered=0>" for name in WORDS},
    **{name: "double" for name in DOUBLES},
    **{name: "int64" for name in ("count", "count_suspect", "count_fail")},
    "complete": "bool",
}
schema = pyarrow.parquet.read_schema(parquet)
assert schema.equals(pyarrow.feather.read_table(arrow, memory_map=False).schema), schema
for field in schema:
    if field.name in TYPES:
        assert str(field.type) == TYPES[field.name], field
in_polars = polars.read_parquet_schema(parquet)
in_pandas = pandas.read_parquet(parquet).dtypes
described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{parquet}')").df()
in_duckdb = dict(described[["column_name", "column_type"]].values)
for name in columns:
    if name in DOUBLES:
        assert (in_polars[name], in_pandas[name], in_duckdb[name]) == (polars.Float64, "float64", "DOUBLE"), name
    if name in times:
        assert str(in_polars[name]) == "Datetime(time_unit='us', time_zone='UTC')", name
        assert (str(in_pandas[name]), in_duckdb[name]) == ("datetime64[us, UTC]", "TIMESTAMP WITH TIME ZONE"), name
if wanted:
    guessed = pandas.read_csv(csv, parse_dates=times)[times[0]].dtype
    assert str(guessed).startswith("datetime64[") and str(guessed).endswith(", UTC]"), guessed
    described = dict(duckdb.sql(f"DESCRIBE SELECT * FROM read_csv('{csv}', header = true)").df()[["column_name", "column_type"]].values)
    assert described[times[0]].startswith("TIMESTAMP"), described

print(json.dumps({"rows": len(wanted), "readers": read}))
