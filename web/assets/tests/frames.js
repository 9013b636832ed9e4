/** Frames of few words for the tests. */

import { frameOfBuckets, frameOfSeries } from '../plot/frame.js';
import { parseInstant } from '../plot/clock.js';

export const NOON = parseInstant('2026-11-25T12:00:00Z');

/**
 * @param {Array<[number, number | null, string?]>} rows seconds after noon, value, flag
 * @param {number} seconds the frame's length
 */
export function readings(rows, seconds) {
  return frameOfSeries(
    { from: NOON, to: NOON + seconds * 1000 },
    {
      times: rows.map(([at]) => new Date(NOON + at * 1000).toISOString()),
      values: rows.map(([, value]) => value),
      flags: rows.map(([, , flag]) => flag ?? 'PASS'),
      downsampled: false,
    },
  );
}

/**
 * @param {Array<{at: number, avg?: number | null, min?: number, max?: number, count?: number, suspect?: number, fail?: number}>} rows
 *   minutes after noon, and what is known of each
 * @param {number} minutes the frame's length
 */
export function minutes(rows, minutes) {
  return frameOfBuckets(
    { from: NOON, to: NOON + minutes * 60_000 },
    60_000,
    rows.map(({ at, avg = 1, min = avg, max = avg, count = 60, suspect = 0, fail = 0 }) => ({
      start: new Date(NOON + at * 60_000).toISOString(),
      avg,
      min,
      max,
      count,
      countSuspect: suspect,
      countFail: fail,
      completeness: count / 60,
    })),
  );
}

/** Numbers from 0 below `n`. */
export function upTo(n) {
  return Array.from({ length: n }, (_, i) => i);
}
