/**
 * The range as part of the page's address, so that Back works and a link shows what its sender saw:
 * `?from=…&to=…` of a fixed range, `?range=PT1H` of one that ends now.
 */

import { parseDuration, parseInstant, writeInstant } from './clock.js';

/** Steps that follow each other within this time are one step back: a turn of the wheel, a key held down. */
const BURST_MS = 1_000;

/**
 * @typedef {{kind: 'fixed', from: number, to: number} | {kind: 'last', span: number} | {kind: 'all'}} Wanted
 */

/**
 * @param {URLSearchParams} query
 * @returns {Wanted | null} null when it says nothing of a range, or nothing sensible
 */
export function wantedOf(query) {
  const [from, to] = [query.get('from'), query.get('to')].map((text) => (text ? parseInstant(text) : NaN));
  if (from < to) {
    return { kind: 'fixed', from, to };
  }
  const range = query.get('range');
  if (range === 'all') {
    return { kind: 'all' };
  }
  const span = range ? parseDuration(range) : null;
  return span ? { kind: 'last', span } : null;
}

export class Address {
  /**
   * @param {boolean} shown whether the range stands in the address; of several plots on a page only one can
   * @param {(query: URLSearchParams) => void} changed somebody went back or forth
   */
  constructor(shown, changed) {
    this.shown = shown;
    this.movedAt = -Infinity;
    /** @type {string[]} of a plot that does not stand in the address */
    this.before = [];
    this.query = '';
    this.changed = changed;
    if (shown) {
      addEventListener('popstate', () => changed(new URLSearchParams(location.search)));
    }
  }

  /**
   * @param {import('./view.js').Range} range
   * @param {boolean} burst whether it goes on with the step before, when that was just now
   */
  fix(range, burst) {
    this.step({ from: writeInstant(range.from), to: writeInstant(range.to) }, burst);
  }

  /**
   * @param {string} range `PT1H` or `all`
   * @param {boolean} [burst]
   */
  last(range, burst = false) {
    this.step({ range }, burst);
  }

  /**
   * What a link says.
   *
   * @param {URLSearchParams} query with a range
   */
  take(query) {
    const fixed = wantedOf(query)?.kind === 'fixed';
    this.step(fixed ? { from: query.get('from'), to: query.get('to') } : { range: query.get('range') }, false);
  }

  /** What is said of the range now. */
  get current() {
    return new URLSearchParams(this.shown ? location.search : this.query);
  }

  step(wanted, burst) {
    const now = performance.now();
    const same = burst && now - this.movedAt < BURST_MS;
    this.movedAt = burst ? now : -Infinity;
    const query = new URLSearchParams(this.shown ? location.search : '');
    for (const name of ['from', 'to', 'range']) {
      query.delete(name);
    }
    for (const [name, value] of Object.entries(wanted)) {
      query.set(name, value);
    }
    if (!this.shown) {
      if (!same) {
        this.before.push(this.query);
      }
      this.query = query.toString();
      return;
    }
    // Colons need no escape in a query, and an address is read by people, too.
    const url = `${location.pathname}?${query.toString().replaceAll('%3A', ':')}${location.hash}`;
    const depth = (history.state?.plotDepth ?? 0) + (same ? 0 : 1);
    history[same ? 'replaceState' : 'pushState']({ ...history.state, plotDepth: depth }, '', url);
  }

  get canGoBack() {
    return this.shown ? (history.state?.plotDepth ?? 0) > 0 : this.before.length > 0;
  }

  back() {
    if (!this.canGoBack) {
      return;
    }
    if (this.shown) {
      history.back();
      return;
    }
    this.query = this.before.pop() ?? '';
    this.changed(new URLSearchParams(this.query));
  }
}
