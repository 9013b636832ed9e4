/**
 * What is said of the picture in words: the readout of the cursor, what a screen reader is told, the sentence below
 * the picture, and the table.
 */

import { SECOND } from './clock.js';
import { make } from './dom.js';
import { readoutOf, summaryOf } from './summary.js';
import { fillTable } from './table.js';

/** A screen reader says one thing at a time; while keys follow each other it is told of the last one. */
const SAY_MS = 350;
/** Sliding along with the present, sentence and table are made anew this often; silently. */
const DESCRIBE_MS = 30 * SECOND;

/** @typedef {{unit: string, zone: string}} Shown */

export class Reader {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.readout = make('p', { class: 'plot-readout' });
    this.said = make('p', { class: 'visually-hidden', 'aria-live': 'polite' });
    this.summary = figure.querySelector('.plot-summary');
    this.details = /** @type {HTMLDetailsElement | null} */ (figure.querySelector('.plot-table'));
    this.details?.addEventListener('toggle', () => this.fill());
    this.sayTimer = 0;
    this.describedAt = 0;
    /** @type {{frame: import('./frame.js').Frame, shown: Shown} | null} what the table is about, when it is opened */
    this.described = null;
  }

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {number} row -1 where the cursor is nowhere
   * @param {Shown} shown
   */
  readOut(frame, row, shown) {
    if (row < 0 || row >= frame.starts.length) {
      this.readout.replaceChildren();
      return;
    }
    const { time, value, detail } = readoutOf(frame, row, shown);
    const when = make('span', { class: 'plot-quiet' }, time);
    this.readout.replaceChildren(make('strong', {}, value), make('span', {}, detail), when);
  }

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {number} row
   * @param {Shown} shown
   */
  say(frame, row, shown) {
    const { time, value, detail } = readoutOf(frame, row, shown);
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => {
      this.said.textContent = `${time}: ${value}, ${detail}`;
    }, SAY_MS);
  }

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {import('./gaps.js').Gap[]} gaps
   * @param {Shown} shown
   * @param {boolean} silently whether nobody asked for it
   */
  describe(frame, gaps, shown, silently) {
    this.describedAt = Date.now();
    this.described = { frame, shown };
    if (this.summary) {
      this.summary.setAttribute('aria-live', silently ? 'off' : 'polite');
      this.summary.textContent = summaryOf(frame, gaps, shown);
    }
    this.fill();
  }

  /** Whether sentence and table say what the picture showed a while ago. */
  get isBehind() {
    return Date.now() - this.describedAt > DESCRIBE_MS;
  }

  fill() {
    const table = this.details?.querySelector('table');
    if (table && this.details.open && this.described) {
      fillTable(table, this.described.frame, this.described.shown);
    }
  }
}
