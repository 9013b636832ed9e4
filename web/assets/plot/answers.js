/**
 * The last few answers, so that going back is at once; and never two questions at a time, as only the last one counts.
 */

/** Some 1,500 rows each: a few hundred kB in all. */
const KEPT_MAX = 16;
/** An answer up to now is soon behind; one about the past may still get late readings. */
const FRESH_MS_MAX = 5_000;
const PAST_MS_MAX = 300_000;

/**
 * @template T
 */
export class Answers {
  constructor() {
    /** @type {Map<string, {answer: T, until: number}>} the one used last comes last */
    this.kept = new Map();
    /** @type {AbortController | null} */
    this.running = null;
  }

  /**
   * @param {string} key
   * @returns {T | null}
   */
  known(key) {
    const entry = this.kept.get(key);
    if (!entry) {
      return null;
    }
    this.kept.delete(key);
    if (entry.until < Date.now()) {
      return null;
    }
    this.kept.set(key, entry);
    return entry.answer;
  }

  /**
   * @param {string} key
   * @param {T} answer
   * @param {boolean} isPast whether the range is over
   */
  keep(key, answer, isPast) {
    this.kept.set(key, { answer, until: Date.now() + (isPast ? PAST_MS_MAX : FRESH_MS_MAX) });
    while (this.kept.size > KEPT_MAX) {
      this.kept.delete(this.kept.keys().next().value);
    }
  }

  forget() {
    this.kept.clear();
  }

  /** Gives up what was asked before; the signal is for what is asked next. */
  begin() {
    this.running?.abort();
    this.running = new AbortController();
    return this.running.signal;
  }
}
