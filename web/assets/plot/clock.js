/**
 * Instants as numbers: milliseconds since 1970, whose fraction holds the microseconds that a `Date` would lose.
 */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * @param {string} text an instant as the API writes it
 * @returns {number} NaN when it is none
 */
export function parseInstant(text) {
  const parts = /^(.+T\d\d:\d\d:\d\d)\.(\d+)(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!parts) {
    return Date.parse(text);
  }
  return Date.parse(parts[1] + parts[3]) + Number(`0.${parts[2]}`) * SECOND;
}

/**
 * @param {number} instant
 * @returns {string} RFC 3339 in UTC, in whole milliseconds, without a fraction of nothing
 */
export function writeInstant(instant) {
  return new Date(Math.round(instant)).toISOString().replace('.000Z', 'Z');
}

const UNITS = { Y: 365 * DAY, W: 7 * DAY, D: DAY };
const CLOCK_UNITS = { H: HOUR, M: MINUTE, S: SECOND };

/**
 * The length of an ISO 8601 duration such as `PT1H`, `P7D` or `P1Y`, with months of 30 days and years of 365: a
 * window of time that long, not a step in a calendar.
 *
 * @param {string} text
 * @returns {number | null} null when it is none, or of no length
 */
export function parseDuration(text) {
  const parts = /^P(?!$)((?:\d+[YMWD])*)(?:T(?=\d)((?:\d+(?:\.\d+)?[HMS])+))?$/.exec(text);
  if (!parts) {
    return null;
  }
  const days = sum(parts[1], { ...UNITS, M: 30 * DAY });
  const clock = sum(parts[2] ?? '', CLOCK_UNITS);
  return days + clock || null;
}

function sum(text, units) {
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)([A-Z])/g)) {
    total += Number(number) * units[unit];
  }
  return total;
}
