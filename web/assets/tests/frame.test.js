import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lonely, valuesRange } from '../plot/columns.js';
import { addReading, emptyFrame, forgetBefore, nearest } from '../plot/frame.js';
import { minutes, NOON, readings, upTo } from './frames.js';

const at = (seconds) => new Date(NOON + seconds * 1000).toISOString();

test('the nearest row is found before, between and behind all', () => {
  const frame = readings(
    [
      [0, 1],
      [10, 2],
      [30, 3],
    ],
    60,
  );
  assert.deepEqual(
    [-100, 4, 6, 19, 21, 999].map((s) => nearest(frame, NOON + s * 1000)),
    [0, 0, 1, 1, 2, 2],
  );
  assert.equal(nearest(readings([], 60), NOON), -1);
});

test('a live reading takes its place by time, and that of one of the same time', () => {
  const frame = readings(
    [
      [0, 1],
      [10, 2],
    ],
    60,
  );
  for (const [seconds, value] of [
    [20, 4],
    [15, 3],
    [10, 9],
  ]) {
    assert.ok(addReading(frame, { time: at(seconds), value, flag: 'PASS' }));
  }
  assert.deepEqual(frame.mid, [1, 9, 3, 4]);
  assert.deepEqual(
    frame.starts.map((start) => (start - NOON) / 1000),
    [0, 10, 15, 20],
  );
});

test('one from before the window, or without a time, changes nothing', () => {
  const frame = readings([[0, 1]], 60);
  assert.ok(!addReading(frame, { time: at(-1), value: 1, flag: 'PASS' }));
  assert.ok(!addReading(frame, { time: 'yesterday', value: 1, flag: 'PASS' }));
});

test('a live reading goes into its bucket, or begins one in line with the others', () => {
  const frame = minutes([{ at: 0, avg: 10, count: 1 }], 10);
  addReading(frame, { time: at(30), value: 20, flag: 'SUSPECT' });
  assert.deepEqual([frame.mid[0], frame.low[0], frame.high[0], frame.counts[0], frame.suspects[0]], [15, 10, 20, 2, 1]);
  addReading(frame, { time: at(200), value: 5, flag: 'FAIL' });
  assert.equal(frame.starts[1], NOON + 180_000);
  assert.deepEqual([frame.mid[1], frame.counts[1], frame.fails[1]], [null, 0, 1]);
});

test('what an answer has is not counted a second time', () => {
  const frame = minutes([{ at: 0, count: 1 }], 10);
  frame.newest = NOON + 30_000;
  assert.ok(!addReading(frame, { time: at(30), value: 2, flag: 'PASS' }));
  assert.equal(frame.counts[0], 1);
});

test('what slides out of sight is forgotten in every column', () => {
  const frame = readings(
    upTo(100).map((i) => [i, i]),
    100,
  );
  forgetBefore(frame, NOON + 90_000);
  assert.equal(frame.from, NOON + 90_000);
  for (const column of [frame.starts, frame.ends, frame.exact, frame.mid, frame.low, frame.high, frame.flags]) {
    assert.equal(column.length, 10);
  }
});

test('the axis spans what counts and is seen', () => {
  const frame = readings(
    [
      [0, 100],
      [10, 1],
      [20, -9999, 'FAIL'],
      [30, 2],
    ],
    40,
  );
  const [low, high] = valuesRange(frame, { from: NOON + 5_000, to: NOON + 40_000 }, null);
  assert.ok(low < 1 && low > 0.5 && high > 2 && high < 2.5);
});

test('a row between gaps is shown by itself', () => {
  assert.deepEqual(lonely([1, null, 2, 3, null, 4]), [0, 5]);
  assert.deepEqual(lonely([1]), [0]);
  assert.deepEqual(lonely([]), []);
});

test('a constant lies in the middle, and extremes stay numbers', () => {
  const view = { from: NOON, to: NOON + 40_000 };
  assert.deepEqual(valuesRange(readings([[0, 0]], 40), view, null), [-1, 1]);
  assert.ok(
    valuesRange(
      readings(
        [
          [0, 1.7e308],
          [1, -1.7e308],
        ],
        40,
      ),
      view,
      null,
    ).every(Number.isFinite),
  );
  assert.deepEqual(valuesRange(readings([], 40), view, null), [0, 1]);
  assert.deepEqual(valuesRange(readings([[0, 5]], 40), view, [0, 10]).map(Math.round), [-1, 11]);
});
