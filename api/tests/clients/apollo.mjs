// Apollo Client pages through readings, merges the pages in its cache, and is told of errors: node apollo.mjs URL
import assert from 'node:assert/strict';

import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

// A key that an answer leaves out, Apollo tells as a warning or an error of its own.
for (const level of ['warn', 'error']) {
  console[level] = (...said) => {
    throw new Error(`Apollo says: ${said.join(' ')}`);
  };
}

const url = process.argv[2];
const client = new ApolloClient({
  link: new HttpLink({ uri: url, fetch }),
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { readings: relayStylePagination(['sensor', 'from', 'to']) } } },
  }),
});

const READINGS = gql`
  query Readings($sensor: String!, $after: String) {
    sensor(name: $sensor) {
      id
      name
      latest { time value flag }
    }
    readings(sensor: $sensor, from: "2026-01-01", to: "2026-01-02", first: 4, after: $after) {
      edges { cursor node { time value flag receivedAt } }
      pageInfo { hasNextPage endCursor }
      totalCount { value exact }
    }
  }
`;

let after = null;
for (let page = 0; page < 3; page += 1) {
  const variables = { sensor: 'a', after };
  const { data } = await client.query({ query: READINGS, variables, fetchPolicy: 'network-only' });
  // What the cache holds after each page: all pages so far.
  after = data.readings.pageInfo.endCursor;
  assert.equal(data.readings.pageInfo.hasNextPage, page < 2);
}
const data = client.readQuery({ query: READINGS, variables: { sensor: 'a' } });
assert.deepEqual(data.readings.edges.map((edge) => edge.node.value), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
assert.deepEqual({ ...data.readings.totalCount, __typename: undefined }, { value: 10, exact: true, __typename: undefined });
assert.equal(data.sensor.latest.value, 9);
// Sensors are known by their ids.
assert.ok(client.cache.extract()[`Sensor:${data.sensor.id}`]);

await assert.rejects(
  client.query({ query: gql`{ series(sensors: ["nobody"], from: 0, to: 1) { values } }` }),
  (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === 'NOT_FOUND',
);
client.stop();
console.log('ok');
