/**
 * What the plot asks the API.
 */

import { ask, fieldsOf, GraphqlError } from '../graphql.js';
import { HOUR, parseInstant, writeInstant } from './clock.js';
import { frameOfBuckets, frameOfSeries } from './frame.js';
import { POINTS_MAX } from './ladder.js';

const SERIES = `query Series($id: ID!, $from: DateTime!, $to: DateTime!, $points: Int!) {
  sensor(id: $id) {
    series(from: $from, to: $to, maxPoints: $points) { times values flags downsampled }
    latest { time }
  }
  service { now }
}`;

const BUCKETS = `query Buckets(
  $id: ID!, $from: DateTime!, $to: DateTime!, $bucket: Duration!, $zone: String, $ends: Boolean!
) {
  sensor(id: $id) {
    aggregates(from: $from, to: $to, bucket: $bucket, timeZone: $zone) {
      start end @include(if: $ends) avg min max count countSuspect countFail completeness
    }
    latest { time }
  }
  service { now }
}`;

const LAST_BEFORE = `query LastBefore($id: ID!, $sensor: String!, $from: DateTime!, $to: DateTime!) {
  sensor(id: $id) { latest { time value flag } }
  readings(sensor: $sensor, from: $from, to: $to, order: DESC, first: 1) { nodes { time value flag } }
}`;

/**
 * @param {string} id of the sensor
 * @param {import('./view.js').Range} range
 * @param {import('./ladder.js').Resolution} resolution
 * @param {string} zone that days and hours follow
 * @param {AbortSignal} signal
 * @returns {Promise<{frame: import('./frame.js').Frame, now: number}>} with the service's clock
 */
export async function askFrame(id, range, resolution, zone, signal) {
  const variables = { id, from: writeInstant(range.from), to: writeInstant(range.to) };
  let data;
  if (resolution.kind === 'readings') {
    data = await ask(SERIES, { ...variables, points: POINTS_MAX }, { signal });
  } else {
    // Below an hour all zones agree; of longer buckets, some have an hour more or less and say where they end.
    const long = resolution.length >= HOUR;
    const inZone = { bucket: resolution.duration, zone: long ? zone : null, ends: long };
    data = await ask(BUCKETS, { ...variables, ...inZone }, { signal });
  }
  const sensor = found(data.sensor);
  const frame =
    resolution.kind === 'readings'
      ? frameOfSeries(range, sensor.series)
      : frameOfBuckets(range, resolution.length, sensor.aggregates);
  frame.newest = sensor.latest ? parseInstant(sensor.latest.time) : null;
  return { frame, now: parseInstant(data.service.now) };
}

function found(sensor) {
  if (!sensor) {
    throw new GraphqlError('There is no such sensor, or not for you.', 'NOT_FOUND');
  }
  return sensor;
}

/**
 * The last reading before a range without any, or else the newest one there is.
 *
 * @param {string} id
 * @param {number} begin
 * @param {import('./view.js').Range} range
 * @param {AbortSignal} signal
 * @returns {Promise<{time: string, value: number, flag: string} | null>}
 */
export async function askLastBefore(id, begin, range, signal) {
  const from = writeInstant(Math.min(begin, range.from - 1));
  const variables = { id, sensor: id, from, to: writeInstant(range.from) };
  const data = await ask(LAST_BEFORE, variables, { signal });
  return data.readings?.nodes[0] ?? data.sensor?.latest ?? null;
}

/** Newer servers say more of a reading; older ones would refuse the question. */
const EXTRAS = { flagReason: 'flagReason', otherValues: 'otherValues { value receivedAt flag }' };

/**
 * One reading with its raw message.
 *
 * @param {string} id
 * @param {string} time exactly as the server wrote it
 * @param {AbortSignal} signal
 * @returns {Promise<Record<string, any> | null>} null when it is gone
 */
export async function askReading(id, time, signal) {
  const fields = await fieldsOf('Reading');
  const extras = Object.keys(EXTRAS).filter((name) => fields.has(name));
  const document = `query Reading($sensor: String!, $from: DateTime!, $to: DateTime!) {
    readings(sensor: $sensor, from: $from, to: $to, first: 1) {
      nodes {
        time value flag receivedAt ${extras.map((name) => EXTRAS[name]).join(' ')}
        raw { topic payload payloadBase64 objectKey position notAvailable }
      }
    }
  }`;
  // From the reading itself on, oldest first: the first one is the one, however fine its time.
  const variables = { sensor: id, from: time, to: writeInstant(Math.ceil(parseInstant(time)) + 1) };
  const data = await ask(document, variables, { signal, partial: true });
  return data.readings?.nodes[0] ?? null;
}
