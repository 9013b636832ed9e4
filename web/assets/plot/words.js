/**
 * Numbers, times and verdicts as people read them.
 */

import { DAY, HOUR, MINUTE, SECOND } from './clock.js';

const NARROW_SPACE = '\u202f';

const COUNT = new Intl.NumberFormat('en');
const VALUE = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });
const EXPONENT = new Intl.NumberFormat('en', { notation: 'scientific', maximumSignificantDigits: 6 });

/** @param {number} count */
export function countOf(count) {
  return COUNT.format(count);
}

/**
 * @param {number} count
 * @param {string} one what one of them is called
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${COUNT.format(count)} ${count === 1 ? one : many}`;
}

/**
 * A value in as many digits as tell it apart; `precise` leaves it as the server wrote it.
 *
 * @param {number | null | undefined} value
 * @param {string} [unit]
 * @param {boolean} [precise]
 */
export function valueOf(value, unit = '', precise = false) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return 'no value';
  }
  const size = Math.abs(value);
  const far = size !== 0 && (size >= 1e9 || size < 1e-4);
  let number = far ? EXPONENT.format(value) : VALUE.format(value);
  if (precise) {
    number = String(value);
  } else if (!far && size >= 1e6) {
    // Six digits would round a meter's reading away.
    number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 }).format(value);
  }
  number = number.replace(/^-/, '\u2212');
  return unit ? `${number}${NARROW_SPACE}${unit}` : number;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
    formats.set(key, known);
  }
  return known;
}

/** @type {Intl.DateTimeFormatOptions} */
const DATE = { day: 'numeric', month: 'short', year: 'numeric' };
/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: '2-digit', minute: '2-digit' };

/**
 * @param {number} instant
 * @param {string} [zone] an IANA name
 * @param {'minute' | 'second' | 'day' | 'exact'} [upTo] how fine; `exact` adds milliseconds where there are some
 */
export function timeOf(instant, zone = 'UTC', upTo = 'second') {
  const date = format(zone, DATE).format(instant);
  if (upTo === 'day') {
    return date;
  }
  const options = { ...CLOCK };
  if (upTo !== 'minute') {
    options.second = '2-digit';
  }
  if (upTo === 'exact' && Math.floor(instant) % SECOND !== 0) {
    options.fractionalSecondDigits = 3;
  }
  return `${date}, ${format(zone, options).format(instant)}`;
}

/** The clock alone, where the day is said already. */
export function clockOf(instant, zone, upTo) {
  return format(zone, upTo === 'second' ? { ...CLOCK, second: '2-digit' } : CLOCK).format(instant);
}

/** How fine times have to be told in a window of this length. */
export function finenessOf(span) {
  if (span > 60 * DAY) {
    return 'day';
  }
  return span > 2 * HOUR ? 'minute' : 'second';
}

/**
 * The label of a tick on the axis of time. Where the day changes, and at the first tick, a second line says the day.
 *
 * @param {number} instant
 * @param {number} step between two ticks
 * @param {boolean} first
 * @param {string} zone
 */
export function tickOf(instant, step, first, zone) {
  if (step >= 300 * DAY) {
    return format(zone, { year: 'numeric' }).format(instant);
  }
  if (step >= 27 * DAY) {
    const month = format(zone, { month: 'short' }).format(instant);
    const january = format(zone, { month: 'numeric' }).format(instant) === '1';
    return first || january ? `${month}\n${format(zone, { year: 'numeric' }).format(instant)}` : month;
  }
  const day = format(zone, { day: 'numeric', month: 'short' });
  if (step >= DAY) {
    return first ? `${day.format(instant)}\n${format(zone, { year: 'numeric' }).format(instant)}` : day.format(instant);
  }
  const options = { ...CLOCK };
  if (step < MINUTE) {
    options.second = '2-digit';
  }
  if (step < SECOND) {
    options.fractionalSecondDigits = 3;
  }
  const clock = format(zone, options).format(instant);
  const midnight = /^00:00(:00(\.000)?)?$/.test(clock);
  return first || midnight ? `${clock}\n${day.format(instant)}` : clock;
}

/**
 * A length of time in its two largest units: `12 min`, `3 h 20 min`, `2 days 4 h`.
 *
 * @param {number} span
 */
export function spanOf(span) {
  const size = Math.abs(span);
  if (size < SECOND) {
    return `${VALUE.format(Number(size.toPrecision(2)))} ms`;
  }
  if (size < MINUTE) {
    return `${VALUE.format(Math.round(size / 100) / 10)} s`;
  }
  /** @type {Array<[number, (n: number) => string]>} */
  const units = [
    [DAY, (n) => counted(n, 'day')],
    [HOUR, (n) => `${n} h`],
    [MINUTE, (n) => `${n} min`],
    [SECOND, (n) => `${n} s`],
  ];
  const at = units.findIndex(([length]) => size >= length);
  const [large, small] = [units[at], units[at + 1]];
  const rounded = Math.round(size / small[0]) * small[0];
  const whole = Math.floor(rounded / large[0]);
  const rest = Math.round((rounded - whole * large[0]) / small[0]);
  // From 10 days or hours on, nobody asks for the rest.
  return rest === 0 || whole >= 10 ? large[1](whole) : `${large[1](whole)} ${small[1](rest)}`;
}

const FLAGS = {
  PASS: 'passed',
  NOT_EVALUATED: 'not evaluated',
  SUSPECT: 'suspect',
  FAIL: 'failed',
  MISSING: 'no value',
};

/** @param {string} flag a word of `QualityFlag` */
export function flagOf(flag) {
  return FLAGS[flag] ?? flag.toLowerCase().replaceAll('_', ' ');
}

/** A name as part of a sentence: not longer than a sentence can bear. */
export function shortly(text, charsMax = 60) {
  const chars = [...text];
  return chars.length > charsMax ? `${chars.slice(0, charsMax - 1).join('')}…` : text;
}
