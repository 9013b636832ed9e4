/**
 * What a frame shows, as one calm sentence for everybody who reads rather than looks.
 */

import { isBad } from './frame.js';
import { clockOf, counted, countOf, finenessOf, flagOf, spanOf, timeOf, valueOf } from './words.js';

/**
 * @typedef {object} Figures
 * @property {number} readings all of them, failed ones included
 * @property {number} suspects
 * @property {number} fails
 * @property {number | null} mean of the readings that count
 * @property {number} lowest the row with the lowest value; -1 when there is none
 * @property {number} highest
 */

/**
 * @param {import('./frame.js').Frame} frame
 * @returns {Figures}
 */
export function figuresOf(frame) {
  const figures = { readings: 0, suspects: 0, fails: 0, mean: null, lowest: -1, highest: -1 };
  let [count, mean] = [0, 0];
  for (let i = 0; i < frame.starts.length; i += 1) {
    const buckets = frame.kind === 'buckets';
    figures.readings += buckets ? frame.counts[i] + frame.fails[i] : 1;
    figures.suspects += buckets ? frame.suspects[i] : Number(frame.flags[i] === 'SUSPECT');
    figures.fails += buckets ? frame.fails[i] : Number(frame.flags[i] === 'FAIL');
    if (isBad(frame, i)) {
      continue;
    }
    if (figures.lowest < 0 || frame.low[i] < frame.low[figures.lowest]) {
      figures.lowest = i;
    }
    if (figures.highest < 0 || frame.high[i] > frame.high[figures.highest]) {
      figures.highest = i;
    }
    if (frame.mid[i] !== null) {
      const weight = buckets ? frame.counts[i] : 1;
      count += weight;
      // A running mean: a sum of meters near the largest number would be none.
      mean += (frame.mid[i] - mean) * (weight / count);
    }
  }
  figures.mean = count > 0 ? mean : null;
  return figures;
}

/**
 * @param {import('./frame.js').Frame} frame
 * @param {import('./gaps.js').Gap[]} gaps
 * @param {{unit: string, zone: string}} shown
 * @returns {string}
 */
export function summaryOf(frame, gaps, { unit, zone }) {
  const fine = finenessOf(frame.to - frame.from);
  const dayOf = (instant) => timeOf(instant, zone, 'day');
  // Within one day nobody needs to be told the day of everything.
  const oneDay = fine !== 'day' && dayOf(frame.from) === dayOf(frame.to);
  const at = (instant) => (oneDay ? clockOf(instant, zone, fine) : timeOf(instant, zone, fine));
  const range = `From ${timeOf(frame.from, zone, fine)} to ${at(frame.to)}${zone === 'UTC' ? ' UTC' : ''}`;
  const figures = figuresOf(frame);
  if (figures.readings === 0) {
    return `${range}: no readings.`;
  }
  const parts = [`${range}: ${frame.thinned ? 'some ' : ''}${counted(figures.readings, 'reading')}`];
  if (figures.lowest >= 0) {
    parts.push(`lowest ${valueOf(frame.low[figures.lowest], unit)} at ${at(frame.starts[figures.lowest])}`);
    parts.push(`highest ${valueOf(frame.high[figures.highest], unit)} at ${at(frame.starts[figures.highest])}`);
  }
  if (figures.mean !== null) {
    parts.push(`mean ${valueOf(Number(figures.mean.toPrecision(4)), unit)}`);
  }
  const doubts = [gapWords(gaps), flagWords(figures)].filter(Boolean);
  return `${[parts.join(', '), ...doubts].join('; ')}.`;
}

function gapWords(gaps) {
  if (gaps.length === 0) {
    return 'no gaps';
  }
  const longest = Math.max(...gaps.map((gap) => gap.to - gap.from));
  return gaps.length === 1 ? `1 gap of ${spanOf(longest)}` : `${countOf(gaps.length)} gaps, longest ${spanOf(longest)}`;
}

function flagWords({ suspects, fails }) {
  const words = [];
  if (suspects > 0) {
    words.push(`${countOf(suspects)} suspect`);
  }
  if (fails > 0) {
    words.push(`${countOf(fails)} failed`);
  }
  return words.join(', ');
}

/**
 * What the cursor reads out for one row.
 *
 * @param {import('./frame.js').Frame} frame
 * @param {number} i
 * @param {{unit: string, zone: string}} shown
 * @returns {{time: string, value: string, detail: string}}
 */
export function readoutOf(frame, i, { unit, zone }) {
  const fine = frame.kind === 'readings' ? 'exact' : frame.length < 60_000 ? 'second' : 'minute';
  const time = timeOf(frame.starts[i], zone, frame.length >= 86_400_000 ? 'day' : fine);
  if (frame.kind === 'readings') {
    return { time, value: valueOf(frame.mid[i], unit), detail: flagOf(frame.flags[i]) };
  }
  const doubts = flagWords({ suspects: frame.suspects[i], fails: frame.fails[i] });
  const counts = [counted(frame.counts[i] + frame.fails[i], 'reading'), doubts].filter(Boolean).join(', ');
  if (isBad(frame, i)) {
    return { time, value: 'no value that counts', detail: counts };
  }
  const range = `${valueOf(frame.low[i])} to ${valueOf(frame.high[i], unit)}`;
  return { time, value: valueOf(rounded(frame.mid[i]), unit), detail: `${range}, ${counts}` };
}

/** A mean has no more digits than anybody can use. */
function rounded(value) {
  return value === null ? null : Number(value.toPrecision(5));
}
