"""Asks as Power Query does in Excel and Power BI: its headers, its order of requests, its folded options.

Usage: odata_power_query.py ROOT
"""

import sys

import requests

root = sys.argv[1]
session = requests.Session()
session.headers.update({
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
              "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
    "OData-MaxVersion": "4.0",
    "MaxDataServiceVersion": "3.0",
    "Prefer": 'odata.include-annotations="-*"',
    "Accept-Encoding": "gzip, deflate",
})


def get(url, **options):
    answer = session.get(url, params={f"${name}": value for name, value in options.items()}, timeout=30)
    assert answer.status_code == 200, (answer.url, answer.text)
    assert answer.headers["OData-Version"] == "4.0", answer.headers
    return answer


# The navigator: what there is, then what it is.
sets = get(root.rstrip("/")).json()["value"]
assert [each["url"] for each in sets] == ["Sensors", "Readings", "Buckets"]
assert "xml" in get(root + "$metadata").headers["Content-Type"]

# The preview of a table.
preview = get(root + "Readings", filter="Time ge 2026-11-23T00:00:00Z and Time lt 2026-11-24T00:00:00Z", top="1000").json()
assert len(preview["value"]) == 185 and "@odata.nextLink" not in preview
assert preview["@odata.context"] == root + "$metadata#Readings"

# Chosen columns, kept rows, a filter and a sort, folded; parentheses around each comparison.
folded = get(
    root + "Readings",
    filter="((Time ge 2026-11-23T10:00:00Z) and (Time lt 2026-11-23T10:30:00Z)) and ((Sensor eq 'Sensor 1') and (Value gt 5.5))",
    orderby="Time desc",
    select="Time,Value",
    skip="2",
    top="3",
).json()
assert [row["Value"] for row in folded["value"]] == [27, 26, 25], folded
assert list(folded["value"][0]) == ["Time", "Value"]
assert folded["@odata.context"].endswith("#Readings(Time,Value)")

# Table.RowCount.
count = get(root + "Readings/$count", filter="Time ge 2026-11-23T00:00:00Z and Time lt 2026-11-24T00:00:00Z").text
assert count == "185", count

# Incremental refresh: partitions are half-open, so that together they are the whole, once.
edges = ["2026-11-23T10:00:00Z", "2026-11-23T10:45:00Z", "2026-11-23T11:30:00Z", "2026-11-23T12:00:00Z"]
times = []
for start, end in zip(edges, edges[1:]):
    part = get(root + "Readings", filter=f"(Time ge {start}) and (Time lt {end})").json()["value"]
    times += [(row["SensorId"], row["Time"]) for row in part]
assert len(times) == len(set(times)) == 185, len(times)

# A list of chosen values, as the filter menu makes it, and null for an empty cell.
chosen = get(root + "Sensors", filter="Name eq 'Sensor 1' or Name eq 'O''Neill, 2'", orderby="Name").json()["value"]
assert [row["Name"] for row in chosen] == ["O'Neill, 2", "Sensor 1"], chosen
assert [row["Name"] for row in get(root + "Sensors", filter="Site eq null and Plant eq null").json()["value"]] == ["Späher"]

# Pages behind each other, by the links alone.
url, rows = root + "Buckets?$filter=Bucket eq 'PT1M' and Start ge 2026-11-23T00:00:00Z and Start lt 2026-11-23T12:00:00Z", []
session.headers["Prefer"] = "odata.maxpagesize=40"
pages = 0
while url:
    page = get(url).json()
    rows += [(row["SensorId"], row["Start"]) for row in page["value"]]
    assert len(page["value"]) <= 40
    url = page.get("@odata.nextLink")
    pages += 1
assert len(rows) == len(set(rows)) == 185 and pages == 5, (len(rows), pages)
print("ok")
