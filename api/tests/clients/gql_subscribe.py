"""Subscribes with gql behind a cursor: the first two readings on one connection, the rest on another.

Arguments: the WebSocket's address, the cursor. Prints the values as JSON.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

SUBSCRIPTION = """
subscription ($after: String) {
  readingStream(after: $after, first: 1) { cursor readings { value } }
}
"""


async def take(url, after, count):
    transport = WebsocketsTransport(url=url, subprotocols=["graphql-transport-ws"])
    values = []
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        document = gql(SUBSCRIPTION)
        document.variable_values = {"after": after}
        async for result in session.subscribe(document):
            batch = result["readingStream"]
            values += [reading["value"] for reading in batch["readings"]]
            if len(values) == count:
                return values, batch["cursor"]


async def main():
    url, cursor = sys.argv[1:]
    first, cursor = await take(url, cursor, 2)
    rest, _ = await take(url, cursor, 1)
    print(json.dumps(first + rest))


asyncio.run(main())
