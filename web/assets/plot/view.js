/**
 * The range that is looked at, and how zooming and panning change it. Ranges are half open: `[from, to)`.
 *
 * @typedef {{from: number, to: number}} Range
 */

import { SECOND } from './clock.js';

/** Finer than this nothing is drawn: two seconds are 50 readings of the quickest sensors. */
export const SPAN_MIN = 2 * SECOND;
/** The share of a window that may lie outside of what there is. */
const BEYOND = 0.1;

/** @param {Range} range */
export function spanOfRange({ from, to }) {
  return to - from;
}

/**
 * Zooms by a factor (2: half as much is seen) so that an instant stays where it is.
 *
 * @param {Range} range
 * @param {number} factor
 * @param {number} [around] default: the middle
 * @returns {Range}
 */
export function zoomed(range, factor, around = (range.from + range.to) / 2) {
  return {
    from: around - (around - range.from) / factor,
    to: around + (range.to - around) / factor,
  };
}

/**
 * @param {Range} range
 * @param {number} share of the window, negative towards the past
 * @returns {Range}
 */
export function panned(range, share) {
  const by = spanOfRange(range) * share;
  return { from: range.from + by, to: range.to + by };
}

/**
 * The nearest range that shows something: neither too short nor beyond the first reading and now.
 *
 * @param {Range} range
 * @param {Range} bounds from the first reading to now
 * @returns {Range}
 */
export function within(range, bounds) {
  const whole = Math.max(spanOfRange(bounds), SPAN_MIN);
  const span = Math.min(Math.max(spanOfRange(range), SPAN_MIN), whole * (1 + 2 * BEYOND));
  const middle = (range.from + range.to) / 2;
  const earliest = bounds.from - span * BEYOND;
  const latest = bounds.to + span * BEYOND;
  const from = Math.max(earliest, Math.min(middle - span / 2, latest - span));
  return { from: Math.round(from), to: Math.round(from + span) };
}
