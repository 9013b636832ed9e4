/**
 * A frame as uPlot takes it: columns of equal length, with a row of nulls wherever the line is to be broken.
 */

import { isBad, timeAt } from './frame.js';

/** So many buckets without a value that counts are drawn over, where readings came. */
const BAD_BUCKETS = 2;

/**
 * @param {import('./frame.js').Frame} frame
 * @param {number} silence the line is broken over anything longer; `Infinity` never breaks it
 * @returns {[number[], (number | null)[], (number | null)[], (number | null)[]]} times, lowest, highest, line
 */
export function columnsOf(frame, silence) {
  const [times, lows, highs, mids] = [[], [], [], []];
  let before = -1;
  for (let i = 0; i < frame.starts.length; i += 1) {
    if (isBad(frame, i)) {
      // Failed readings are drawn as marks; the line is about those that count.
      continue;
    }
    // Between buckets that count, one of failed readings alone breaks nothing.
    const most = i - before > 1 ? Math.max(silence, BAD_BUCKETS * frame.length) : silence;
    if (before >= 0 && frame.starts[i] - frame.ends[before] > most) {
      times.push((frame.ends[before] + frame.starts[i]) / 2);
      lows.push(null);
      highs.push(null);
      mids.push(null);
    }
    times.push(timeAt(frame, i));
    lows.push(frame.low[i]);
    highs.push(frame.high[i]);
    mids.push(frame.mid[i]);
    before = i;
  }
  return [times, lows, highs, mids];
}

/**
 * The rows that no line reaches, as both neighbours are missing: only a dot shows them.
 *
 * @param {(number | null)[]} line
 * @returns {number[]}
 */
export function lonely(line) {
  const rows = [];
  for (let i = 0; i < line.length; i += 1) {
    if (line[i] !== null && (line[i - 1] ?? null) === null && (line[i + 1] ?? null) === null) {
      rows.push(i);
    }
  }
  return rows;
}

/** The share of the height that stays free above and below. */
const AIR = 0.08;

/**
 * The values that the axis spans: of what is seen and counts. Failed readings may be anything (-9999) and would press
 * the rest flat; they are drawn at the edge.
 *
 * @param {import('./frame.js').Frame} frame
 * @param {import('./view.js').Range} view
 * @param {[number, number] | null} declared the declared range, where it is to be seen as a whole
 * @returns {[number, number]}
 */
export function valuesRange(frame, view, declared) {
  let [low, high] = declared ?? [Infinity, -Infinity];
  for (let i = 0; i < frame.starts.length; i += 1) {
    if (frame.ends[i] >= view.from && frame.starts[i] <= view.to && !isBad(frame, i)) {
      low = Math.min(low, frame.low[i]);
      high = Math.max(high, frame.high[i]);
    }
  }
  if (low > high) {
    return [0, 1];
  }
  // A constant is a line in the middle, not noise blown up.
  const air = high > low ? (high - low) * AIR : Math.abs(high) * 0.05 || 1;
  // Values at the edge of what a number can be have no room above them.
  return [Math.max(low - air, -Number.MAX_VALUE / 4), Math.min(high + air, Number.MAX_VALUE / 4)];
}
