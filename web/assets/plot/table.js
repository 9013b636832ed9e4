/**
 * The table that says what the picture shows; made when somebody opens it.
 */

import { make } from './dom.js';
import { countOf, flagOf, timeOf, valueOf } from './words.js';
import { bucketWords } from './ladder.js';

const ROWS_MAX = 200;

/**
 * The rows that are listed of a frame with more than that: evenly, the first one included.
 *
 * @param {number} rows
 * @param {number} [most]
 * @returns {number[]}
 */
export function rowsListed(rows, most = ROWS_MAX) {
  const every = Math.max(1, Math.ceil(rows / most));
  return Array.from({ length: Math.ceil(rows / every) }, (_, i) => i * every);
}

/**
 * @param {HTMLTableElement} table
 * @param {import('./frame.js').Frame} frame
 * @param {{unit: string, zone: string}} shown
 */
export function fillTable(table, frame, shown) {
  const rows = rowsListed(frame.starts.length);
  const [heads, cells] = frame.kind === 'readings' ? readings(frame, shown) : buckets(frame, shown);
  const unit = shown.unit ? ` Values in ${shown.unit}.` : '';
  table.replaceChildren(
    make('caption', {}, captionOf(frame, rows.length) + unit),
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows.map((i) => rowOf(cells(i)))),
  );
}

function rowOf([time, ...cells]) {
  return make('tr', {}, make('th', { scope: 'row' }, time), ...cells.map((cell) => make('td', {}, cell)));
}

function captionOf(frame, listed) {
  const rows = frame.starts.length;
  const what = frame.kind === 'readings' ? 'readings' : `buckets of ${bucketWords(frame.length)}`;
  if (listed === rows) {
    return `All ${countOf(rows)} ${what} of the picture.`;
  }
  const every = Math.ceil(rows / ROWS_MAX);
  return `${countOf(listed)} of the picture's ${countOf(rows)} ${what}: one in ${countOf(every)}. Zoom in to see all of them.`;
}

/** @typedef {(row: number) => string[]} Cells */

/** @returns {[string[], Cells]} */
function readings(frame, { zone }) {
  const cells = (i) => [
    timeOf(frame.starts[i], zone, 'exact'),
    valueOf(frame.mid[i], '', true),
    flagOf(frame.flags[i]),
  ];
  return [[`Time (${zone})`, 'Value', 'Flag'], cells];
}

/** @returns {[string[], Cells]} */
function buckets(frame, { zone }) {
  const cells = (i) => [
    timeOf(frame.starts[i], zone, 'second'),
    valueOf(frame.low[i]),
    valueOf(frame.mid[i]),
    valueOf(frame.high[i]),
    countOf(frame.counts[i] + frame.fails[i]),
    countOf(frame.suspects[i]),
    countOf(frame.fails[i]),
  ];
  return [[`Begin (${zone})`, 'Lowest', 'Mean', 'Highest', 'Readings', 'Suspect', 'Failed'], cells];
}
