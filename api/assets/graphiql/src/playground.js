// The playground: GraphiQL on the page's own address, with a first query that shows something of this Fieldbook.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import 'graphiql/style.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

// Each editor's language service runs in a worker of its own file, because the page's policy allows no blob: scripts.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = { json: 'json.worker.js', graphql: 'graphql.worker.js' }[label] ?? 'editor.worker.js';
    return new Worker(new URL(file, import.meta.url), { type: 'module', name: label });
  },
};

const firstQuery = `# Welcome to Fieldbook. Ctrl-Enter runs this query.
# The book on the left describes every field.
#
# Which one do I take?
#   latest                   the newest reading of each sensor
#   series                   columns of times and values, to draw
#   aggregates               means, extremes, counts, sums an hour, a day, a month
#   readings                 row by row, in pages
#   readingRows, bucketRows  flat tables for BI tools
#   sensors                  what is measured, where, in which unit
#   service                  limits, version, time zone
#   subscription { readingAdded { sensor { name } time value } }   readings as they are loaded
# Without GraphQL: files at /export/readings.csv, tables for Excel and Power BI at /odata/v4/, JSON at /sensors/

query WhatIsMeasured {
  sensors(first: 20) {
    nodes {
      name
      type
      description
      unit { symbol }
      latest { time value flag }
    }
    totalCount { value }
  }
}
`;

// Subscriptions go over a WebSocket at the same address, opened by the first of them.
const address = new URL('/graphql', location.href);
const socket = new URL(address);
socket.protocol = address.protocol.replace('http', 'ws');

createRoot(document.getElementById('playground')).render(
  createElement(GraphiQL, {
    fetcher: createGraphiQLFetcher({ url: address.href, wsClient: createClient({ url: socket.href }) }),
    defaultQuery: firstQuery,
    shouldPersistHeaders: false,
  }),
);
