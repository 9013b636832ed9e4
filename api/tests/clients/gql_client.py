"""gql fetches the schema, checks questions against it before they are sent, and asks: gql_client.py URL"""

import sys

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import GraphQLError

client = Client(
    transport=RequestsHTTPTransport(url=sys.argv[1], retries=0),
    fetch_schema_from_transport=True,
)
asked = gql(
    """
    query Columns($sensors: [String!]!, $from: DateTime!, $to: DateTime!) {
      series(sensors: $sensors, from: $from, to: $to) { sensor { name } times values flags }
      aggregates(sensors: $sensors, from: $from, to: $to, bucket: "PT1H") { buckets { start count avg } }
    }
    """
)
with client as session:
    asked.variable_values = {"sensors": ["a"], "from": "2026-01-01", "to": "2026-01-02"}
    answer = session.execute(asked)
    [series] = answer["series"]
    assert series["values"] == [float(i) for i in range(10)], series
    assert series["times"][1] == "2026-01-01T00:01:00Z", series
    assert set(series["flags"]) == {"PASS"}, series
    [bucket] = answer["aggregates"][0]["buckets"]
    assert (bucket["count"], bucket["avg"]) == (10, 4.5), bucket

    # A wrong question is found against the schema, without being sent.
    try:
        session.execute(gql("{ sensors { nodes { colour } } }"))
    except GraphQLError as error:
        assert "colour" in error.message, error
    else:
        raise AssertionError("a field that is not there was accepted")

    # What the service refuses arrives with its code.
    try:
        session.execute(gql('{ sensors(filter: { sources: [] }, first: 0) { nodes { name } } }'))
    except TransportQueryError as error:
        assert error.errors[0]["extensions"]["code"] == "INVALID_ARGUMENT", error.errors
    else:
        raise AssertionError("a page of no rows was accepted")
print("ok")
