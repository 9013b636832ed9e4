/**
 * A frame: what one answer knows of one range, in columns. Everything that is drawn, read out, summed up or listed
 * comes from one.
 *
 * @typedef {object} Frame
 * @property {'readings' | 'buckets'} kind
 * @property {number} from
 * @property {number} to
 * @property {number} length of a bucket; 0 of readings
 * @property {number[]} starts when a reading was measured, or a bucket begins
 * @property {number[]} ends where a bucket ends; the same as `starts` of readings
 * @property {string[]} exact the start in the server's own words, which are finer than a `Date`
 * @property {(number | null)[]} mid the value, or the mean
 * @property {(number | null)[]} low
 * @property {(number | null)[]} high
 * @property {string[]} flags of readings; empty of buckets
 * @property {number[]} counts readings of a bucket that are not failed
 * @property {number[]} suspects
 * @property {number[]} fails
 * @property {(number | null)[]} completeness
 * @property {boolean} thinned whether the server left out readings
 * @property {number | null} newest the sensor's newest reading as the answer was made
 */

import { parseInstant } from './clock.js';

/**
 * @param {import('./view.js').Range} range
 * @param {number} length
 * @returns {Frame}
 */
export function emptyFrame(range, length) {
  return {
    kind: length > 0 ? 'buckets' : 'readings',
    from: range.from,
    to: range.to,
    length,
    starts: [],
    ends: [],
    exact: [],
    mid: [],
    low: [],
    high: [],
    flags: [],
    counts: [],
    suspects: [],
    fails: [],
    completeness: [],
    thinned: false,
    newest: null,
  };
}

/**
 * @param {import('./view.js').Range} range
 * @param {{times: string[], values: (number | null)[], flags: string[], downsampled: boolean}} series
 * @returns {Frame}
 */
export function frameOfSeries(range, series) {
  const frame = emptyFrame(range, 0);
  for (let i = 0; i < series.times.length; i += 1) {
    pushReading(frame, series.times[i], series.values[i], series.flags[i]);
  }
  frame.thinned = series.downsampled;
  return frame;
}

/**
 * @param {import('./view.js').Range} range
 * @param {number} length
 * @param {Array<Record<string, any>>} buckets of the API
 * @returns {Frame}
 */
export function frameOfBuckets(range, length, buckets) {
  const frame = emptyFrame(range, length);
  for (const bucket of buckets) {
    const start = parseInstant(bucket.start);
    frame.starts.push(start);
    frame.ends.push(bucket.end ? parseInstant(bucket.end) : start + length);
    frame.exact.push(bucket.start);
    frame.mid.push(bucket.avg);
    frame.low.push(bucket.min);
    frame.high.push(bucket.max);
    frame.counts.push(bucket.count);
    frame.suspects.push(bucket.countSuspect);
    frame.fails.push(bucket.countFail);
    frame.completeness.push(bucket.completeness);
  }
  return frame;
}

/**
 * Where a row stands on the axis of time: a bucket in its middle, cut at the edges of the frame.
 *
 * @param {Frame} frame
 * @param {number} i
 */
export function timeAt(frame, i) {
  const [start, end] = [frame.starts[i], frame.ends[i]];
  return (Math.max(start, Math.min(frame.from, end)) + Math.min(end, Math.max(frame.to, start))) / 2;
}

/**
 * Whether a row has no value that counts: a reading that failed or has none, or a bucket of such readings alone.
 *
 * @param {Frame} frame
 * @param {number} i
 */
export function isBad(frame, i) {
  if (frame.kind === 'readings') {
    return frame.flags[i] === 'FAIL' || frame.mid[i] === null;
  }
  return frame.low[i] === null;
}

/**
 * The row nearest to an instant.
 *
 * @param {Frame} frame
 * @param {number} instant
 * @returns {number} -1 when the frame is empty
 */
export function nearest(frame, instant) {
  const rows = frame.starts.length;
  const after = lowerBound(frame.starts, instant);
  let best = -1;
  // Of buckets, the one that holds the instant begins before it, and its neighbour's middle may still be nearer.
  for (let i = Math.max(0, after - 2); i < Math.min(rows, after + 2); i += 1) {
    if (best < 0 || Math.abs(timeAt(frame, i) - instant) < Math.abs(timeAt(frame, best) - instant)) {
      best = i;
    }
  }
  return best;
}

/** The first index whose value is not below `instant`. */
export function lowerBound(instants, instant) {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (instants[middle] < instant) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * Takes a reading of the live tail into the frame: in its place by time, in the place of one of the same time, or into
 * its bucket.
 *
 * @param {Frame} frame
 * @param {{time: string, value: number | null, flag: string}} reading
 * @returns {boolean} whether it changed something
 */
export function addReading(frame, reading) {
  const at = parseInstant(reading.time);
  if (!Number.isFinite(at) || at < frame.from) {
    return false;
  }
  return frame.kind === 'readings' ? insert(frame, at, reading) : addToBucket(frame, at, reading);
}

function insert(frame, at, { time, value, flag }) {
  const i = lowerBound(frame.starts, at);
  if (i === frame.starts.length) {
    pushReading(frame, time, value, flag);
    return true;
  }
  const same = frame.starts[i] === at ? 1 : 0;
  frame.starts.splice(i, same, at);
  frame.ends.splice(i, same, at);
  frame.exact.splice(i, same, time);
  frame.flags.splice(i, same, flag);
  for (const column of [frame.mid, frame.low, frame.high]) {
    column.splice(i, same, value);
  }
  return true;
}

function pushReading(frame, time, value, flag) {
  const at = parseInstant(time);
  frame.starts.push(at);
  frame.ends.push(at);
  frame.exact.push(time);
  frame.mid.push(value);
  frame.low.push(value);
  frame.high.push(value);
  frame.flags.push(flag);
}

function addToBucket(frame, at, { value, flag }) {
  if (frame.newest !== null && at <= frame.newest) {
    // The answer had it already. One that is late comes with the next answer.
    return false;
  }
  frame.newest = at;
  const last = frame.starts.length - 1;
  if (last < 0 || at >= frame.ends[last]) {
    const edge = last < 0 ? frame.from : frame.ends[last];
    pushBucket(frame, edge + Math.floor((at - edge) / frame.length) * frame.length);
  }
  const i = frame.starts.length - 1;
  if (flag === 'FAIL' || value === null) {
    frame.fails[i] += flag === 'FAIL' ? 1 : 0;
    return true;
  }
  frame.counts[i] += 1;
  frame.suspects[i] += flag === 'SUSPECT' ? 1 : 0;
  const before = frame.mid[i] ?? value;
  frame.mid[i] = before + (value - before) / frame.counts[i];
  frame.low[i] = Math.min(frame.low[i] ?? value, value);
  frame.high[i] = Math.max(frame.high[i] ?? value, value);
  return true;
}

function pushBucket(frame, start) {
  frame.starts.push(start);
  frame.ends.push(start + frame.length);
  frame.exact.push(new Date(start).toISOString());
  frame.counts.push(0);
  frame.suspects.push(0);
  frame.fails.push(0);
  for (const column of [frame.mid, frame.low, frame.high, frame.completeness]) {
    column.push(null);
  }
}

/**
 * Forgets what has slid out of sight, so that a tail of days stays as small as its window.
 *
 * @param {Frame} frame
 * @param {number} from
 */
export function forgetBefore(frame, from) {
  frame.from = from;
  let gone = 0;
  while (gone < frame.ends.length && frame.ends[gone] < from) {
    gone += 1;
  }
  if (gone === 0) {
    return;
  }
  for (const column of Object.values(frame)) {
    if (Array.isArray(column)) {
      column.splice(0, gone);
    }
  }
}
