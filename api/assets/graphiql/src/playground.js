// The playground: GraphiQL on the page's own address, with questions to begin with and the way back to the pages.
// A question after #query= in the address is there when it opens.
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import 'graphiql/style.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { examples } from './examples.js';

// Each editor's language service runs in a worker of its own file, because the page's policy allows no blob: scripts.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = { json: 'json.worker.js', graphql: 'graphql.worker.js' }[label] ?? 'editor.worker.js';
    return new Worker(new URL(file, import.meta.url), { type: 'module', name: label });
  },
};

const welcome = `# Welcome to Fieldbook. Ctrl-Enter runs this query.
# The book on the left describes every field; the bulb shows other questions.
#
# Which one do I take?
#   latest                   the newest reading of each sensor
#   series                   columns of times and values, to draw
#   aggregates               means, extremes, counts, sums an hour, a day, a month
#   readings                 row by row, in pages
#   readingRows, bucketRows  flat tables for BI tools
#   sensors                  what is measured, where, in which unit
#   datasets                 what there is, how fresh and how good
#   service                  limits, version, time zone
#   subscription { readingAdded { sensor { name } time value } }   readings as they are loaded
# Without GraphQL: files at /export/readings.csv, tables for Excel and Power BI at /odata/v4/, JSON at /sensors/

`;

/** Each example opens in a tab of its own: what somebody wrote stays. */
function Examples() {
  const { addTab } = useGraphiQLActions();
  const editors = useGraphiQL(pick('queryEditor', 'variableEditor'));
  const open = (query) => {
    addTab();
    editors.queryEditor?.setValue(query);
    editors.variableEditor?.setValue('');
  };
  const items = examples.map(({ title, query }) =>
    createElement(
      'li',
      { key: title },
      createElement('button', { type: 'button', className: 'graphiql-un-styled', 'data-example': '', onClick: () => open(query) }, title),
    ),
  );
  return createElement(
    'section',
    { 'aria-label': 'Examples', className: 'examples' },
    createElement('div', { className: 'graphiql-doc-explorer-title' }, 'Examples'),
    createElement('ul', null, items),
  );
}

const bulb = 'M8 1a5 5 0 0 0-3 9v2h6v-2a5 5 0 0 0-3-9ZM5.5 14h5M6.5 16h3';
const EXAMPLES = {
  title: 'Examples',
  content: Examples,
  icon: () =>
    createElement(
      'svg',
      { viewBox: '0 0 16 17', fill: 'none', stroke: 'currentColor', strokeWidth: 1.2, height: '1em' },
      createElement('path', { d: bulb }),
    ),
};

// Subscriptions go over a WebSocket at the same address, opened by the first of them.
const address = new URL('/graphql', location.href);
const socket = new URL(address);
socket.protocol = address.protocol.replace('http', 'ws');
const asked = new URLSearchParams(location.hash.slice(1)).get('query');

createRoot(document.getElementById('playground')).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({ url: address.href, wsClient: createClient({ url: socket.href }) }),
      defaultQuery: welcome + examples[0].query,
      ...(asked === null ? {} : { initialQuery: asked }),
      shouldPersistHeaders: false,
      plugins: [EXAMPLES, HISTORY_PLUGIN],
      visiblePlugin: 'Examples',
    },
    createElement(GraphiQL.Logo, null, createElement('a', { href: '/', className: 'graphiql-logo-link' }, 'Fieldbook')),
  ),
);
