/**
 * The live tail: readings of one sensor as they are loaded, put into the frame that is shown.
 */

import { MINUTE } from './clock.js';
import { addReading, forgetBefore } from './frame.js';
import { openReadings } from '../socket.js';

/** The picture changes at most this often. */
const DRAW_MS = 500;
const SLIDE_MS = 1_000;
/** Readings that wait for the first answer; it has older ones itself. */
const WAITING_MAX = 5_000;
/** What was added here is exact enough for a while; late readings and completeness come with the next answer. */
const [ASK_MS_MIN, ASK_MS_MAX] = [MINUTE, 10 * MINUTE];

/**
 * @typedef {object} TailEvents
 * @property {() => void} onChange the frame has new readings
 * @property {() => void} onSlide a second has passed
 * @property {() => void} onMissed readings came that can't be had from here
 * @property {(state: string) => void} onState
 */

export class Tail {
  /**
   * @param {string} sensor
   * @param {TailEvents} events
   */
  constructor(sensor, events) {
    this.sensor = sensor;
    this.events = events;
    /** @type {import('./frame.js').Frame | null} */
    this.frame = null;
    this.askedAt = 0;
    this.waiting = [];
    this.drawTimer = 0;
    this.slideTimer = 0;
    /** @type {(() => void) | null} */
    this.close = null;
  }

  start() {
    if (this.close) {
      return;
    }
    this.frame = null;
    this.waiting = [];
    this.close = openReadings([this.sensor], {
      onReadings: (readings) => this.take(readings),
      onMissed: this.events.onMissed,
      onBegun: () => {
        // An answer from before the stream lacks what was loaded between them.
        if (this.frame) {
          this.events.onMissed();
        }
      },
      onState: this.events.onState,
    });
    this.slideTimer = setInterval(() => {
      if (!document.hidden) {
        this.events.onSlide();
      }
    }, SLIDE_MS);
  }

  stop() {
    this.close?.();
    this.close = null;
    clearInterval(this.slideTimer);
    clearTimeout(this.drawTimer);
    this.drawTimer = 0;
    this.frame = null;
    this.waiting = [];
  }

  /** An answer came: what was heard meanwhile belongs into it. */
  attach(frame) {
    if (!this.close) {
      return;
    }
    this.frame = frame;
    for (const reading of this.waiting) {
      addReading(frame, reading);
    }
  }

  take(readings) {
    // They are kept for the next answer, too, which may have been made before they were loaded.
    this.waiting.push(...readings);
    this.waiting.splice(0, Math.max(0, this.waiting.length - WAITING_MAX));
    const { frame } = this;
    if (!frame) {
      return;
    }
    let changed = false;
    for (const reading of readings) {
      changed = addReading(frame, reading) || changed;
    }
    if (changed && !this.drawTimer) {
      this.drawTimer = setTimeout(() => {
        this.drawTimer = 0;
        this.events.onChange();
      }, DRAW_MS);
    }
  }

  /** @param {import('./view.js').Range} view */
  trim(view) {
    if (this.frame) {
      forgetBefore(this.frame, view.from);
      this.frame.to = view.to;
    }
  }

  /** An answer was asked for, whatever becomes of it: the next one is not due for a while. */
  asked() {
    this.askedAt = Date.now();
  }

  isOld(span) {
    return this.frame !== null && Date.now() - this.askedAt > Math.min(Math.max(span / 100, ASK_MS_MIN), ASK_MS_MAX);
  }
}
