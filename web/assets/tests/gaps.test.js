import assert from 'node:assert/strict';
import { test } from 'node:test';

import { columnsOf } from '../plot/columns.js';
import { gapsOf, silenceOf, usualInterval } from '../plot/gaps.js';
import { minutes, NOON, readings, upTo } from './frames.js';

/** What is known long after a frame of so many seconds. */
const known = (seconds) => ({ begin: NOON - 1e9, now: NOON + (seconds + 3600) * 1000 });
const inSeconds = (gaps) => gaps.map(({ from, to }) => [(from - NOON) / 1000, (to - NOON) / 1000]);

test('readings that come as expected have no gaps', () => {
  const frame = readings(
    upTo(60).map((i) => [i, 1]),
    60,
  );
  assert.deepEqual(gapsOf(frame, 1000, known(60)), []);
});

test('three intervals without a reading are none yet, more are a gap', () => {
  const frame = readings(
    [
      [0, 1],
      [1, 1],
      [2, 1],
      [5, 1],
      [6, 1],
      [10, 1],
      [11, 1],
    ],
    12,
  );
  assert.deepEqual(inSeconds(gapsOf(frame, 1000, known(12))), [[6, 10]]);
});

test('a range that begins or ends without readings has gaps there', () => {
  const frame = readings(
    [
      [20, 1],
      [21, 1],
      [22, 1],
      [23, 1],
    ],
    60,
  );
  assert.deepEqual(inSeconds(gapsOf(frame, 1000, known(60))), [
    [0, 20],
    [23, 60],
  ]);
});

test('nothing is missing in the future, nor before the first reading ever', () => {
  const frame = readings(
    [
      [20, 1],
      [21, 1],
      [22, 1],
      [23, 1],
    ],
    60,
  );
  assert.deepEqual(gapsOf(frame, 1000, { begin: NOON + 20_000, now: NOON + 24_000 }), []);
});

test('a reading that is still on its way is no gap yet', () => {
  const frame = readings(
    [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ],
    60,
  );
  const at = (seconds) => gapsOf(frame, 1000, { begin: NOON, now: NOON + seconds * 1000 });
  assert.deepEqual(at(14), []);
  assert.deepEqual(inSeconds(at(20)), [[3, 10]]);
});

test('a failed reading came, so it is no gap; the line is broken where none counts', () => {
  const frame = readings(
    upTo(30).map((i) => [i, 1, i > 9 && i < 20 ? 'FAIL' : 'PASS']),
    30,
  );
  assert.deepEqual(gapsOf(frame, 1000, known(30)), []);
  const [times, , , line] = columnsOf(frame, silenceOf(frame, 1000));
  assert.equal(times.length, 21);
  assert.equal(line.filter((value) => value === null).length, 1);
});

test('a sensor that sends once a minute and is declared with a second is not all gaps', () => {
  const frame = readings(
    upTo(10).map((i) => [i * 60, 1]),
    600,
  );
  assert.equal(usualInterval(frame, 1000), 60_000);
  assert.deepEqual(gapsOf(frame, 1000, known(600)), []);
});

test('nobody knows what is usual of two readings without an interval', () => {
  assert.deepEqual(
    gapsOf(
      readings(
        [
          [0, 1],
          [50, 1],
        ],
        60,
      ),
      null,
      known(60),
    ),
    [],
  );
});

test('an empty bucket is a gap of readings that come every second', () => {
  const frame = minutes(
    [0, 1, 2, 5, 6].map((at) => ({ at })),
    7,
  );
  assert.deepEqual(inSeconds(gapsOf(frame, 1000, known(420))), [[180, 300]]);
});

test('a bucket that the edge of the range cuts is no gap', () => {
  const frame = minutes(
    [1, 2, 3].map((at) => ({ at })),
    5,
  );
  frame.from += 20_000;
  frame.to -= 20_000;
  assert.deepEqual(gapsOf(frame, 1000, known(300)), []);
});

test('an empty bucket is none where readings are as far apart', () => {
  const frame = minutes(
    [0, 1, 3, 4, 5, 9].map((at) => ({ at })),
    10,
  );
  assert.deepEqual(inSeconds(gapsOf(frame, 50_000, known(600))), [[360, 540]]);
});

test('the line is broken at a gap and nowhere else', () => {
  const frame = minutes(
    [0, 1, 2, 5, 6].map((at) => ({ at, avg: at })),
    7,
  );
  const [times, lows, highs, line] = columnsOf(frame, silenceOf(frame, 1000));
  assert.deepEqual(line, [0, 1, 2, null, 5, 6]);
  assert.deepEqual([lows, highs], [line, line]);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
});

test('a bucket of failed readings alone breaks no line, three do', () => {
  const failed = (at) => ({ at, avg: null, count: 0, fail: 60 });
  const lineOf = (frame) => columnsOf(frame, silenceOf(frame, 1000))[3];
  assert.deepEqual(lineOf(minutes([{ at: 0 }, failed(1), { at: 2 }], 3)), [1, 1]);
  assert.deepEqual(lineOf(minutes([{ at: 0 }, failed(1), failed(2), failed(3), { at: 4 }], 5)), [1, null, 1]);
});

test('an empty frame has no gaps and no rows', () => {
  const frame = readings([], 60);
  assert.deepEqual(gapsOf(frame, 1000, known(60)), []);
  assert.deepEqual(columnsOf(frame, 1000), [[], [], [], []]);
});
