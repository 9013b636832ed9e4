import assert from 'node:assert/strict';
import { test } from 'node:test';

import { learntInterval } from '../plot/interval.js';
import { minutes, readings, upTo } from './frames.js';

const everyMinute = readings(
  upTo(10).map((i) => [i * 60, 1]),
  600,
);

test('an interval that is about right is left alone', () => {
  assert.equal(learntInterval(everyMinute, 59_000), 59_000);
});

test('one that is not known, or wrong, is learnt', () => {
  assert.equal(learntInterval(everyMinute, null), 60_000);
  assert.equal(learntInterval(everyMinute, 1_000), 60_000);
  assert.equal(learntInterval(everyMinute, 3_600_000), 60_000);
});

test('a gap does not make a sensor slow', () => {
  const frame = minutes(
    [0, 1, 2, 57, 58, 59].map((at) => ({ at, count: 60 })),
    60,
  );
  assert.equal(learntInterval(frame, null), 1_000);
});

test('of thinned readings, the interval is at most what they show', () => {
  const thinned = { ...everyMinute, thinned: true };
  assert.equal(learntInterval(thinned, 1_000), 1_000);
  assert.equal(learntInterval(thinned, null), 60_000);
});

test('two readings say nothing', () => {
  assert.equal(
    learntInterval(
      readings(
        [
          [0, 1],
          [9, 1],
        ],
        10,
      ),
      5_000,
    ),
    5_000,
  );
});
