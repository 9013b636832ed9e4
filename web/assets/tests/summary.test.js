import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figuresOf, readoutOf, summaryOf } from '../plot/summary.js';
import { rowsListed } from '../plot/table.js';
import { minutes, NOON, readings, upTo } from './frames.js';

const UTC = { unit: '°C', zone: 'UTC' };

test('readings are summed up with their extremes and when those were', () => {
  const frame = readings(
    [
      [0, 17.2],
      [60, 20],
      [120, 18.8, 'SUSPECT'],
    ],
    180,
  );
  assert.equal(
    summaryOf(frame, [], UTC).replaceAll('\u202f', ' '),
    'From 25 Nov 2026, 12:00:00 to 12:03:00 UTC: 3 readings, ' +
      'lowest 17.2 °C at 12:00:00, highest 20 °C at 12:01:00, mean 18.67 °C; no gaps; 1 suspect.',
  );
});

test('times of more than a day are told with the day', () => {
  assert.match(
    summaryOf(readings([[0, 1]], 90_000), [], UTC),
    /to 26 Nov 2026, 13:00 UTC: 1 reading, lowest .* at 25 Nov 2026, 12:00,/,
  );
});

test('the mean of buckets is that of their readings', () => {
  const frame = minutes(
    [
      { at: 0, avg: 10, count: 1 },
      { at: 1, avg: 20, count: 3 },
    ],
    2,
  );
  assert.equal(figuresOf(frame).mean, 17.5);
});

test('failed readings count as readings, and their values do not', () => {
  const frame = readings(
    [
      [0, 1],
      [1, -9999, 'FAIL'],
      [2, 3],
    ],
    3,
  );
  const { readings: count, fails, mean, lowest } = figuresOf(frame);
  assert.deepEqual([count, fails, mean, lowest], [3, 1, 2, 0]);
});

test('a bucket of failed readings alone has no extremes', () => {
  const frame = minutes([{ at: 0, avg: null, count: 0, fail: 60 }], 1);
  const summary = summaryOf(frame, [], UTC);
  assert.match(summary, /: 60 readings; no gaps; 60 failed\.$/);
  assert.equal(readoutOf(frame, 0, UTC).value, 'no value that counts');
});

test('gaps are told with the longest one', () => {
  const frame = readings([[0, 1]], 3600);
  const gap = (from, to) => ({ from: NOON + from * 60_000, to: NOON + to * 60_000 });
  assert.match(summaryOf(frame, [gap(1, 13)], UTC), /1 gap of 12 min/);
  assert.match(summaryOf(frame, [gap(1, 13), gap(20, 25), gap(30, 31)], UTC), /3 gaps, longest 12 min/);
});

test('nothing is said of nothing', () => {
  assert.match(summaryOf(readings([], 60), [], UTC), /UTC: no readings\.$/);
});

test('values near the largest number have a mean', () => {
  const frame = readings(
    [
      [0, 1.6e308],
      [1, 1.6e308],
    ],
    2,
  );
  assert.equal(figuresOf(frame).mean, 1.6e308);
});

test('a table has at most 200 rows, evenly taken', () => {
  assert.deepEqual(rowsListed(3), [0, 1, 2]);
  for (const rows of [0, 199, 200, 201, 399, 1440, 5000]) {
    const listed = rowsListed(rows);
    assert.ok(listed.length <= 200);
    assert.ok(listed.every((row) => row < rows));
  }
  assert.deepEqual(
    rowsListed(1000).slice(0, 3),
    upTo(3).map((i) => i * 5),
  );
});
