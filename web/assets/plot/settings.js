/**
 * What the server's HTML says of a plot.
 */

import { parseInstant, SECOND } from './clock.js';

/**
 * @typedef {object} Settings
 * @property {string} sensor
 * @property {string} name
 * @property {string} unit
 * @property {import('./view.js').Range} range
 * @property {number} begin the first reading
 * @property {[number, number] | null} declared
 * @property {number | null} interval
 * @property {boolean} live
 */

/**
 * @param {DOMStringMap} data
 * @returns {Settings}
 */
export function settingsOf(data) {
  const instant = (text) => (text ? parseInstant(text) : NaN);
  const [from, to, begin] = [data.from, data.to, data.begin].map(instant);
  const [low, high] = [data.rangeMin, data.rangeMax].map((text) => (text ? Number(text) : NaN));
  const interval = Number(data.interval ?? NaN) * SECOND;
  return {
    sensor: data.sensor ?? '',
    name: data.name ?? '',
    unit: data.unit ?? '',
    range: { from, to },
    // Of a sensor that nobody knows the beginning of, what is shown is all there is.
    begin: Number.isNaN(begin) ? from : begin,
    declared: low < high ? [low, high] : null,
    interval: interval > 0 ? interval : null,
    live: data.live !== undefined,
  };
}
