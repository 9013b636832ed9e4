/**
 * What the signs of a picture mean: those that are in it.
 */

import { isBad } from './frame.js';
import { make } from './dom.js';

const SIGNS = {
  line: 'M0 8 L6 4 L11 9 L18 3',
  band: 'M0 6 L6 2 L11 6 L18 1 L18 8 L11 12 L6 8 L0 11 Z',
  suspect: 'M9 1.5 L14.5 11 L3.5 11 Z',
  fail: 'M5 2 L13 10 M13 2 L5 10',
  missing: 'M5.5 2.5 H12.5 V9.5 H5.5 Z',
  gap: 'M0 12 L12 0 M6 12 L18 0 M-6 12 L6 0 M12 12 L24 0',
};

/**
 * @param {HTMLElement} list
 * @param {import('./frame.js').Frame} frame
 * @param {import('./gaps.js').Gap[]} gaps
 */
export function fillLegend(list, frame, gaps) {
  const buckets = frame.kind === 'buckets';
  const has = (flag) => frame.flags.includes(flag);
  const some = (column) => column.some((count) => count > 0);
  const values = frame.starts.some((_, i) => !isBad(frame, i));
  const entries = [
    ['line', buckets ? 'mean' : 'value', values],
    ['band', 'lowest to highest', buckets && values],
    ['suspect', 'suspect', buckets ? some(frame.suspects) : has('SUSPECT')],
    ['fail', 'failed', buckets ? some(frame.fails) : has('FAIL')],
    ['missing', 'no value', has('MISSING')],
    ['gap', 'no readings', gaps.length > 0],
  ];
  const shown = entries.filter(([, , present]) => present);
  const key = shown.map(([sign, words]) => sign + words).join();
  // While it says the same, it stays as it is: a live tail would make it anew every second.
  if (list.dataset.key === key) {
    return;
  }
  list.dataset.key = key;
  list.replaceChildren(...shown.map(([sign, words]) => make('li', {}, drawn(sign), words)));
}

function drawn(sign) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 18 12');
  svg.setAttribute('class', `plot-sign plot-sign-${sign}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', SIGNS[sign]);
  svg.append(path);
  return svg;
}
