// What a Relay app asks for; compiled by relay-compiler, never run.
import { graphql } from 'react-relay';

export const sensors = graphql`
  fragment relay_sensors on Query
  @refetchable(queryName: "relaySensorsPage")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    sensors(first: $count, after: $cursor) @connection(key: "relay_sensors") {
      edges {
        node {
          id
          name
          latest { time value flag }
        }
      }
    }
  }
`;

export const readings = graphql`
  query relayReadingsQuery($sensor: String!, $from: DateTime!, $to: DateTime!, $count: Int!, $cursor: String) {
    ...relay_sensors
    readings(sensor: $sensor, from: $from, to: $to, first: $count, after: $cursor) @connection(key: "relay_readings") {
      edges { node { time value sensor { id name } } }
    }
  }
`;
