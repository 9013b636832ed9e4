/**
 * Which form of the data fits a range: every reading where they are few enough, buckets otherwise.
 */

import { DAY, HOUR, MINUTE, SECOND } from './clock.js';

/** More points of one answer are never asked for. */
export const POINTS_MAX = 5000;
/** Up to so many expected readings, each one is drawn. */
const READINGS_MAX = 2000;
/** The most buckets of a picture, as long as there is a larger bucket to take. */
const BUCKETS_MAX = 1500;
/** Where nobody knows how often a sensor sends, ranges up to this are tried reading by reading. */
const READINGS_SPAN_MAX = 1 * HOUR;

/**
 * The lengths that buckets may have, each at most 2.5 times the one before, so that a picture has 600 of them or more.
 *
 * @type {ReadonlyArray<{duration: string, length: number, words: string}>}
 */
export const LADDER = /** @type {Array<[string, number, string]>} */ ([
  ['PT1S', SECOND, '1 second'],
  ['PT2S', 2 * SECOND, '2 seconds'],
  ['PT5S', 5 * SECOND, '5 seconds'],
  ['PT10S', 10 * SECOND, '10 seconds'],
  ['PT15S', 15 * SECOND, '15 seconds'],
  ['PT30S', 30 * SECOND, '30 seconds'],
  ['PT1M', MINUTE, '1 minute'],
  ['PT2M', 2 * MINUTE, '2 minutes'],
  ['PT5M', 5 * MINUTE, '5 minutes'],
  ['PT10M', 10 * MINUTE, '10 minutes'],
  ['PT15M', 15 * MINUTE, '15 minutes'],
  ['PT30M', 30 * MINUTE, '30 minutes'],
  ['PT1H', HOUR, '1 hour'],
  ['PT2H', 2 * HOUR, '2 hours'],
  ['PT3H', 3 * HOUR, '3 hours'],
  ['PT6H', 6 * HOUR, '6 hours'],
  ['PT12H', 12 * HOUR, '12 hours'],
  ['P1D', DAY, '1 day'],
  ['P7D', 7 * DAY, '1 week'],
]).map(([duration, length, words]) => ({ duration, length, words }));

/**
 * @typedef {object} Resolution
 * @property {'readings' | 'buckets'} kind
 * @property {string} duration of a bucket, as ISO 8601; empty of readings
 * @property {number} length of a bucket; 0 of readings
 */

/** @type {Resolution} */
const READINGS = { kind: 'readings', duration: '', length: 0 };

/**
 * @param {number} span the length of the range
 * @param {number | null} interval between two readings, where it is known
 * @returns {Resolution}
 */
export function resolutionOf(span, interval) {
  const raw = interval ? span / interval <= READINGS_MAX : span <= READINGS_SPAN_MAX;
  if (raw) {
    return READINGS;
  }
  // A day is the last step that everybody reads at a glance: it is kept as long as the wire bears it.
  const most = ({ length }) => (length === DAY ? POINTS_MAX - 2 : BUCKETS_MAX);
  const step = LADDER.find((rung) => span / rung.length <= most(rung)) ?? LADDER.at(-1);
  return { kind: 'buckets', duration: step.duration, length: step.length };
}

/** What one bucket of this length is called. */
export function bucketWords(length) {
  return LADDER.find((rung) => rung.length === length)?.words ?? '';
}
