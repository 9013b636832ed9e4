/**
 * The small panel about one point: everything that is known of a reading, or the counts of a bucket. It is not modal:
 * the plot stays usable; Escape closes it and gives the focus back.
 */

import { button, definitions, foreign, make } from './dom.js';
import { parseInstant } from './clock.js';
import { askReading } from './questions.js';
import { countOf, flagOf, spanOf, timeOf, valueOf } from './words.js';

/** More of a payload than anybody reads would only make the page slow. */
const PAYLOAD_CHARS_MAX = 20_000;

let panels = 0;

export class Panel {
  /**
   * @param {Element} before the panel stands behind it
   * @param {() => void} onClose
   */
  constructor(before, onClose) {
    panels += 1;
    const id = `plot-panel-${panels}`;
    this.level = levelAfter(before);
    this.heading = headingOf(this.level, { class: 'plot-panel-title', id, tabindex: '-1' });
    this.body = make('div', { class: 'plot-panel-body' });
    const close = button('Close', () => this.close(), { class: 'plot-panel-close' }, '✕');
    const head = make('div', { class: 'plot-panel-head' }, this.heading, close);
    this.element = make('section', { class: 'plot-panel', 'aria-labelledby': id, hidden: true }, head, this.body);
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.close();
      }
    });
    before.after(this.element);
    this.onClose = onClose;
    /** @type {AbortController | null} */
    this.running = null;
  }

  get isOpen() {
    return !this.element.hidden;
  }

  close() {
    this.running?.abort();
    if (this.isOpen) {
      this.element.hidden = true;
      this.body.replaceChildren();
      this.onClose();
    }
  }

  open(heading) {
    this.running?.abort();
    this.running = new AbortController();
    this.heading.textContent = heading;
    this.element.hidden = false;
    this.heading.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
    return this.running.signal;
  }

  /**
   * @param {string} sensor
   * @param {import('./frame.js').Frame} frame
   * @param {number} row
   * @param {string} unit
   */
  async openReading(sensor, frame, row, unit) {
    const signal = this.open('Reading');
    const known = { time: frame.exact[row], value: frame.mid[row], flag: frame.flags[row] };
    const waiting = make('p', { class: 'plot-quiet' }, 'Fetching its raw message…');
    this.body.replaceChildren(definitions(ofReading(known, unit)), waiting);
    try {
      const reading = await askReading(sensor, known.time, signal);
      // A later reading in its place: it was corrected or is gone.
      const same = reading && parseInstant(reading.time) === parseInstant(known.time);
      const said = same
        ? ofFullReading(reading, unit, this.level + 1)
        : [make('p', {}, 'This reading is not there any more.')];
      this.body.replaceChildren(...said);
    } catch (error) {
      if (!signal.aborted) {
        waiting.textContent = `Nothing more is known: ${error.message}`;
      }
    }
  }

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {number} row
   * @param {{unit: string, words: string}} bucket
   * @param {() => void} zoomIn
   */
  openBucket(frame, row, { unit, words }, zoomIn) {
    this.open(`Bucket of ${words}`);
    const share = frame.completeness[row];
    this.body.replaceChildren(
      definitions([
        ['From', bothTimes(frame.starts[row])],
        ['To', bothTimes(frame.ends[row])],
        ['Mean', valueOf(frame.mid[row], unit)],
        ['Lowest', valueOf(frame.low[row], unit)],
        ['Highest', valueOf(frame.high[row], unit)],
        ['Readings', countOf(frame.counts[row] + frame.fails[row])],
        ['Suspect', countOf(frame.suspects[row])],
        ['Failed', `${countOf(frame.fails[row])}${frame.fails[row] > 0 ? ' (not in the values above)' : ''}`],
        ['Complete', share === null ? 'not known' : `${Math.round(share * 1000) / 10} %`],
      ]),
      make('p', {}, button('Zoom into it', zoomIn, { class: 'plot-button' })),
    );
  }
}

/** The level of a heading that belongs under the one before an element: the page knows its outline, we don't. */
function levelAfter(element) {
  const before = [...document.querySelectorAll('h1, h2, h3, h4, h5')].filter(
    (heading) => heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return Number(before.at(-1)?.tagName.slice(1) ?? 1) + 1;
}

function headingOf(level, attributes, ...children) {
  const tag = /** @type {'h2'} */ (`h${Math.min(level, 6)}`);
  return make(tag, attributes, ...children);
}

function bothTimes(instant, exact = '') {
  const text = exact || timeOf(instant, 'UTC', 'exact');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  /** @type {Node[]} */
  const lines = [make('time', { datetime: exact || new Date(instant).toISOString() }, exact ? text : `${text} UTC`)];
  if (zone !== 'UTC') {
    lines.push(make('br'), make('span', { class: 'plot-quiet' }, `${timeOf(instant, zone, 'exact')} ${zone}`));
  }
  return make('span', {}, ...lines);
}

/** @returns {Array<[string, Node | string | null]>} */
function ofReading({ time, value, flag }, unit) {
  return [
    ['Time', bothTimes(parseInstant(time), time)],
    ['Value', valueOf(value, unit, true)],
    ['Flag', flagOf(flag)],
  ];
}

function ofFullReading(reading, unit, level) {
  const latency = parseInstant(reading.receivedAt) - parseInstant(reading.time);
  const others = (reading.otherValues ?? []).map(
    (other) =>
      `${valueOf(other.value, unit, true)} (${flagOf(other.flag)}), received ${timeOf(parseInstant(other.receivedAt))} UTC`,
  );
  /** @type {Array<[string, Node | string | null]>} */
  const rows = [
    ...ofReading(reading, unit),
    ['Why', reading.flagReason ? foreign(String(reading.flagReason)) : null],
    ['Received', bothTimes(parseInstant(reading.receivedAt), reading.receivedAt)],
    ['Latency', latency < 0 ? `its clock is ${spanOf(latency)} ahead` : spanOf(latency)],
    ['Other values', others.length > 0 ? make('ul', {}, ...others.map((other) => make('li', {}, other))) : null],
  ];
  return [definitions(rows), ...ofRaw(reading.raw, level)];
}

function ofRaw(raw, level) {
  const heading = headingOf(level, { class: 'plot-panel-part' }, 'Raw message');
  if (!raw) {
    return [heading, make('p', { class: 'plot-quiet' }, 'It could not be looked up.')];
  }
  const payload = raw.payload ?? raw.payloadBase64;
  const cut = payload && payload.length > PAYLOAD_CHARS_MAX;
  /** @type {Array<[string, Node | null]>} */
  const rows = [
    ['Topic', raw.topic ? foreign(raw.topic) : null],
    ['Position', make('code', {}, raw.position)],
    ['Object', raw.objectKey ? make('code', {}, raw.objectKey) : null],
  ];
  /** @type {Node[]} */
  const parts = [heading, definitions(rows)];
  if (raw.notAvailable) {
    parts.push(make('p', { class: 'plot-quiet' }, `Its bytes are not here: ${raw.notAvailable}`));
  }
  if (payload !== null && payload !== undefined) {
    const form = raw.payload === null ? 'Payload, not UTF-8, in base64' : 'Payload';
    // A text may be long and wide: its box scrolls, and can be reached by the keyboard to do so.
    const box = make('pre', { dir: 'auto', tabindex: '0', role: 'region', 'aria-label': form });
    box.textContent = cut ? payload.slice(0, PAYLOAD_CHARS_MAX) : payload;
    parts.push(box);
    if (cut) {
      parts.push(
        make(
          'p',
          { class: 'plot-quiet' },
          `The first ${countOf(PAYLOAD_CHARS_MAX)} of ${countOf(payload.length)} characters.`,
        ),
      );
    }
  }
  return parts;
}
