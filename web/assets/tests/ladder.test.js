import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAY, HOUR, MINUTE, SECOND } from '../plot/clock.js';
import { bucketWords, LADDER, POINTS_MAX, resolutionOf } from '../plot/ladder.js';

test('a short range is asked for reading by reading', () => {
  assert.equal(resolutionOf(10 * MINUTE, SECOND).kind, 'readings');
  assert.equal(resolutionOf(DAY, MINUTE).kind, 'readings');
  assert.equal(resolutionOf(30 * DAY, HOUR).kind, 'readings');
});

test('without a known interval, up to an hour is', () => {
  assert.equal(resolutionOf(HOUR, null).kind, 'readings');
  assert.equal(resolutionOf(HOUR + 1, null).kind, 'buckets');
});

test('a day of a reading a second is drawn from minutes', () => {
  assert.deepEqual(resolutionOf(DAY, SECOND), { kind: 'buckets', duration: 'PT1M', length: MINUTE });
});

test('from a second to 50 years, no answer has more points than may cross the wire', () => {
  for (const interval of [0.04 * SECOND, SECOND, 7 * SECOND, MINUTE, HOUR, DAY, null]) {
    for (let span = SECOND; span < 50 * 365 * DAY; span *= 1.07) {
      const { kind, length } = resolutionOf(span, interval);
      // A range may touch two more buckets than it is long.
      const points = kind === 'buckets' ? span / length + 2 : interval ? span / interval : 0;
      assert.ok(points <= POINTS_MAX, `${points} points of ${span} ms at ${interval} ms`);
    }
  }
});

test('up to four years, a picture of buckets has 600 of them or more, and 1,500 at most', () => {
  for (let span = 40 * MINUTE; span < 4 * 365 * DAY; span *= 1.03) {
    const { kind, length } = resolutionOf(span, 0.04 * SECOND);
    assert.equal(kind, 'buckets');
    assert.ok(span / length <= 1500 && span / length >= 600, `${span / length} buckets of ${length} ms`);
  }
});

test('each rung has words, and is at most seven times the one before', () => {
  for (const [i, rung] of LADDER.entries()) {
    assert.ok(bucketWords(rung.length));
    assert.ok(i === 0 || (rung.length > LADDER[i - 1].length && rung.length <= 7 * LADDER[i - 1].length));
  }
});
