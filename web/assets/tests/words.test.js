import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ageOf } from '../age.js';
import { DAY, HOUR, MINUTE, parseDuration, parseInstant, SECOND, writeInstant } from '../plot/clock.js';
import { shortly, spanOf, tickOf, timeOf, valueOf } from '../plot/words.js';
import { panned, within, zoomed } from '../plot/view.js';
import { settingsOf } from '../plot/settings.js';
import { wantedOf } from '../plot/address.js';

test('instants keep their microseconds', () => {
  const [a, b] = ['2026-11-25T19:36:59.020527Z', '2026-11-25T19:36:59.020528Z'].map(parseInstant);
  assert.ok(b > a && b - a < 0.0015);
  assert.equal(parseInstant('2026-11-25T20:36:59+01:00'), parseInstant('2026-11-25T19:36:59Z'));
  assert.ok(Number.isNaN(parseInstant('soon')));
});

test('instants are written as the API reads them', () => {
  assert.equal(writeInstant(0), '1970-01-01T00:00:00Z');
  assert.equal(writeInstant(1500), '1970-01-01T00:00:01.500Z');
});

test('durations are lengths of time', () => {
  assert.equal(parseDuration('PT1H'), HOUR);
  assert.equal(parseDuration('P1DT12H'), 1.5 * DAY);
  assert.equal(parseDuration('P7D'), 7 * DAY);
  assert.equal(parseDuration('P1M'), 30 * DAY);
  assert.equal(parseDuration('PT1M'), MINUTE);
  assert.equal(parseDuration('P1Y'), 365 * DAY);
  for (const text of ['', 'P', 'PT', '1H', 'PT1D', 'PT0S', 'P-1D']) {
    assert.equal(parseDuration(text), null, text);
  }
});

test('values have the digits that tell them apart', () => {
  assert.equal(valueOf(17.249999999), '17.25');
  assert.equal(valueOf(-3, '°C'), '\u22123\u202f°C');
  assert.equal(valueOf(120_000_123.25, 'kWh'), '120,000,123.25\u202fkWh');
  assert.equal(valueOf(1.5e300), '1.5E300');
  assert.equal(valueOf(0), '0');
  assert.equal(valueOf(null), 'no value');
  assert.equal(valueOf(0.1 + 0.2, '', true), '0.30000000000000004');
});

test('spans have two units at most', () => {
  assert.equal(spanOf(2.455), '2.5 ms');
  assert.equal(spanOf(1900), '1.9 s');
  assert.equal(spanOf(12 * MINUTE), '12 min');
  assert.equal(spanOf(3 * HOUR + 20 * MINUTE + 3 * SECOND), '3 h 20 min');
  assert.equal(spanOf(DAY), '1 day');
  assert.equal(spanOf(40 * DAY + HOUR), '40 days');
  assert.equal(spanOf(DAY - 1), '24 h');
});

test('times are told in the zone asked for', () => {
  assert.equal(timeOf(parseInstant('2026-11-25T23:30:00.250Z'), 'UTC', 'exact'), '25 Nov 2026, 23:30:00.250');
  assert.equal(timeOf(parseInstant('2026-11-25T23:30:00Z'), 'Europe/Zurich'), '26 Nov 2026, 00:30:00');
});

test('the axis says the day where it changes', () => {
  const midnight = parseInstant('2026-11-25T00:00:00Z');
  assert.equal(tickOf(midnight + HOUR, HOUR, false, 'UTC'), '01:00');
  assert.equal(tickOf(midnight, HOUR, false, 'UTC'), '00:00\n25 Nov');
  assert.equal(tickOf(midnight, HOUR, false, 'Europe/Zurich'), '01:00');
  assert.equal(tickOf(midnight, 365 * DAY, false, 'UTC'), '2026');
});

test('ages are calm and say when they change', () => {
  const words = [2, 12, 59, 61, 3599, 3601, 90_000, 200_000].map((s) => ageOf(s * SECOND).text);
  assert.deepEqual(words, [
    'just now',
    '10 s ago',
    '55 s ago',
    '1 min ago',
    '59 min ago',
    '1 h ago',
    '1 day ago',
    '2 days ago',
  ]);
  assert.equal(ageOf(-90 * SECOND).text, 'in 1 min');
  for (let age = 0; age < 3 * DAY; age += 977) {
    const { text, nextMs } = ageOf(age);
    assert.ok(nextMs >= 1);
    assert.ok(nextMs === HOUR || nextMs <= SECOND || ageOf(age + nextMs).text !== text, `${age}: ${text}`);
  }
});

test('zooming keeps the instant, panning the length', () => {
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 2, 20), { from: 10, to: 60 });
  assert.deepEqual(panned({ from: 0, to: 100 }, -0.25), { from: -25, to: 75 });
});

test('no range is shorter than two seconds or far from what there is', () => {
  const bounds = { from: 0, to: DAY };
  assert.deepEqual(within({ from: HOUR, to: HOUR }, bounds), { from: HOUR - SECOND, to: HOUR + SECOND });
  assert.deepEqual(within({ from: -100 * DAY, to: 100 * DAY }, bounds), { from: -0.12 * DAY, to: 1.08 * DAY });
  const late = within({ from: 5 * DAY, to: 5 * DAY + HOUR }, bounds);
  assert.ok(late.to <= DAY + 0.1 * HOUR && late.to - late.from === HOUR);
});

test('an address says a range, or nothing', () => {
  const wanted = (text) => wantedOf(new URLSearchParams(text));
  assert.deepEqual(wanted('range=PT1H'), { kind: 'last', span: HOUR });
  assert.deepEqual(wanted('range=all'), { kind: 'all' });
  assert.equal(wanted('from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')?.kind, 'fixed');
  for (const text of ['', 'range=soon', 'from=2026-01-02&to=2026-01-01', 'from=x&to=y', 'from=2026-01-01']) {
    assert.equal(wanted(text), null, text);
  }
});

test('settings that make no sense are none', () => {
  const settings = settingsOf({
    sensor: 's',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    rangeMin: '5',
    rangeMax: '',
    interval: '-1',
  });
  assert.deepEqual([settings.declared, settings.interval, settings.live], [null, null, false]);
  assert.equal(settings.begin, settings.range.from);
  assert.deepEqual(settingsOf({ rangeMin: '0', rangeMax: '45', interval: '1.5', live: '' }).declared, [0, 45]);
});

test('a long name is cut between characters', () => {
  assert.equal([...shortly('😀'.repeat(500))].length, 60);
  assert.equal(shortly('Sensor 1'), 'Sensor 1');
});
