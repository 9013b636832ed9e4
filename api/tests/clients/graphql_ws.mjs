// Subscribes with the npm package graphql-ws behind a cursor, asks a query, and provokes an error, on one connection.
// Arguments: the WebSocket's address, the cursor. Prints what came as JSON.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, cursor] = process.argv.slice(2);
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });

// The readings behind a cursor, until there are so many; and the cursor of the event before the last.
async function take(after, count, first) {
  const query = `subscription ($after: String, $first: Int) {
    readingStream(after: $after, first: $first) { readings { value } }
  }`;
  const values = [];
  let before = after;
  for await (const event of client.iterate({ query, variables: { after, first } })) {
    values.push(...event.data.readingStream.readings.map((reading) => reading.value));
    if (values.length >= count) break;
    before = event.extensions.cursor;
  }
  return { values, before };
}

const { values, before } = await take(cursor, 3, 1);
const { values: resumed } = await take(before, 1, 1);
let answer;
for await (const event of client.iterate({ query: '{ service { name } }' })) answer = event.data.service.name;
let error;
try {
  for await (const event of client.iterate({ query: 'subscription { nothing }' })) console.error(event);
} catch (errors) {
  error = errors[0].extensions.code;
}
await client.dispose();
console.log(JSON.stringify({ values, query: answer, error, resumed }));
