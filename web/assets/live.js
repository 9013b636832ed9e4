/**
 * The newest values on a page: every `<output data-live-sensor="…">` by one subscription, at most twice a second, and
 * paused by `<button data-live-toggle>`. `<time data-live-time="…">` of the same sensor follows, and
 * `<span data-live-state>` says how the connection is.
 */

import { ask } from './graphql.js';
import { openReadings } from './socket.js';
import { flagOf, valueOf } from './plot/words.js';

const UPDATE_MS = 500;
/** The service takes that many sensors in one question. */
const SENSORS_MAX = 10_000;

const LATEST = `query Latest($sensors: [String!]!) {
  latest(sensors: $sensors) { sensor { id } time value flag }
}`;

const STATES = {
  connecting: 'Connecting…',
  live: 'Live',
  away: 'No connection; trying again.',
  denied: 'You may not see live values.',
  ended: 'Live values have ended.',
};

/** What a page shows of each sensor: a map from its id to the elements that say its value and time. */
function elementsOf(root) {
  const shown = new Map();
  const collect = (attribute, role) => {
    for (const element of root.querySelectorAll(`[${attribute}]`)) {
      const id = element.getAttribute(attribute);
      if (id && (shown.has(id) || shown.size < SENSORS_MAX)) {
        const elements = shown.get(id) ?? { values: [], times: [] };
        elements[role].push(element);
        shown.set(id, elements);
      }
    }
  };
  collect('data-live-sensor', 'values');
  collect('data-live-time', 'times');
  return shown;
}

class LivePage {
  /** @param {ParentNode} root */
  constructor(root) {
    this.shown = elementsOf(root);
    this.toggles = /** @type {NodeListOf<HTMLButtonElement>} */ (root.querySelectorAll('button[data-live-toggle]'));
    this.states = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-live-state]'));
    /** @type {Map<string, any>} the newest reading of each sensor that is not shown yet */
    this.waiting = new Map();
    /** @type {Map<string, string>} */
    this.newest = new Map();
    this.timer = 0;
    this.paused = false;
    this.state = 'connecting';
  }

  start() {
    if (this.shown.size === 0) {
      return;
    }
    for (const { values } of this.shown.values()) {
      for (const element of values) {
        // An output is a live region by nature; read out twice a second it would drown everything else.
        if (!element.hasAttribute('aria-live')) {
          element.setAttribute('aria-live', 'off');
        }
      }
    }
    for (const toggle of this.toggles) {
      toggle.hidden = false;
      toggle.setAttribute('aria-pressed', 'true');
      toggle.addEventListener('click', () => this.setPaused(!this.paused));
    }
    openReadings([...this.shown.keys()], {
      onReadings: (readings) => this.take(readings),
      onMissed: () => this.catchUp(),
      // What came between the page and its stream is in neither, and a sensor may send once a day.
      onBegun: () => this.catchUp(),
      onState: (state) => this.tell(state),
    });
  }

  async catchUp() {
    try {
      this.take((await ask(LATEST, { sensors: [...this.shown.keys()] })).latest);
    } catch {
      // The page keeps what it says; the stream says how the connection is.
    }
  }

  take(readings) {
    for (const reading of readings) {
      const id = reading.sensor.id;
      const before = this.newest.get(id);
      // Late readings are stored, but they are not the newest. Texts of one form and zone compare as times do.
      if (!before || Date.parse(reading.time) >= Date.parse(before)) {
        this.newest.set(id, reading.time);
        this.waiting.set(id, reading);
      }
    }
    if (!this.paused && !this.timer) {
      this.timer = setTimeout(() => this.show(), UPDATE_MS);
    }
  }

  show() {
    this.timer = 0;
    const waiting = this.waiting;
    this.waiting = new Map();
    requestAnimationFrame(() => {
      for (const [id, reading] of waiting) {
        const { values = [], times = [] } = this.shown.get(id) ?? {};
        values.forEach((element) => showValue(element, reading));
        times.forEach((element) => showTime(element, reading));
      }
    });
  }

  setPaused(paused) {
    this.paused = paused;
    for (const toggle of this.toggles) {
      toggle.setAttribute('aria-pressed', String(!paused));
    }
    this.tell(this.state);
    clearTimeout(this.timer);
    this.timer = 0;
    if (!paused) {
      this.show();
    }
  }

  tell(state) {
    this.state = state;
    const text = this.paused ? 'Paused' : STATES[state];
    for (const element of this.states) {
      if (element.textContent !== text) {
        element.textContent = text;
      }
      element.dataset.state = this.paused ? 'paused' : state;
    }
  }
}

function showValue(element, { value, flag }) {
  const passed = flag === 'PASS' || flag === 'NOT_EVALUATED';
  const text = valueOf(value, element.dataset.unit ?? '') + (passed ? '' : ` (${flagOf(flag)})`);
  if (element.textContent !== text) {
    element.textContent = text;
  }
  element.dataset.flag = flag.toLowerCase();
}

function showTime(element, { time }) {
  element.dateTime = time;
  // time.js writes the age; where it is not in use, the time itself is right.
  if (!element.hasAttribute('data-age')) {
    element.textContent = time;
  }
}

new LivePage(document).start();
