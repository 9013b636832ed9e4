/**
 * One plot: which range is looked at, which answer is shown of it, and everything around the picture that says so.
 */

import { GraphqlError } from '../graphql.js';
import { Address, wantedOf } from './address.js';
import { Answers } from './answers.js';
import { Chart } from './chart.js';
import { HELP, listenToKeys, listenToWheel, makeToolbar } from './controls.js';
import { parseInstant, SECOND, MINUTE } from './clock.js';
import { make } from './dom.js';
import { emptyFrame, nearest, timeAt } from './frame.js';
import { gapsOf, silenceOf } from './gaps.js';
import { learntInterval } from './interval.js';
import { bucketWords, resolutionOf } from './ladder.js';
import { fillLegend } from './legend.js';
import { Notice } from './notice.js';
import { Panel } from './panel.js';
import { askFrame, askLastBefore } from './questions.js';
import { markRanges, takeRanges } from './ranges.js';
import { Reader } from './reader.js';
import { settingsOf } from './settings.js';
import { Tail } from './tail.js';
import { panned, spanOfRange, SPAN_MIN, within, zoomed } from './view.js';
import { shortly, timeOf } from './words.js';
import { LOCAL_ZONE, storedZone, storeZone } from './zone.js';

/** Steps of a wheel or of a key held down are waited for before the server is asked. */
const BURST_ASK_MS = 90;
/** How far from now a range may end that is meant to end now. */
const NOW_SHARE = 0.02;

/** How many plots the page has: ids are not given twice. */
let plots = 0;

export class PlotFigure {
  /**
   * @param {HTMLElement} figure
   * @param {boolean} inAddress
   */
  constructor(figure, inAddress) {
    plots += 1;
    this.figure = figure;
    this.settings = settingsOf(figure.dataset);
    this.canvas = /** @type {HTMLElement} */ (figure.querySelector('.plot-canvas'));
    this.answers = new Answers();
    this.address = new Address(inAddress, (query) => this.goTo(query));
    this.zone = storedZone();
    this.whole = false;
    /** The service's clock less ours. */
    this.skew = 0;
    /** Up to when silence means that nothing came; behind it, it may only be that nothing was heard. */
    this.heardUntil = 0;
    this.interval = this.settings.interval;
    this.view = this.settings.range;
    this.frame = emptyFrame(this.view, 0);
    this.gaps = [];
    this.silence = Infinity;
    this.following = false;
    /** @type {Chart | null} made with the first answer: until then the server's picture stands */
    this.chart = null;
    this.row = -1;
    this.asking = false;
    this.askTimer = 0;
  }

  start() {
    const { range, sensor } = this.settings;
    if (!this.canvas || !sensor || !(range.from < range.to)) {
      return;
    }
    this.dress();
    this.tail = new Tail(sensor, {
      onChange: () => this.tailChanged(),
      onSlide: () => this.slide(),
      onMissed: () => this.ask({ quietly: true }),
      onState: (state) => this.heardOfSocket(state),
    });
    const query = this.address.current;
    if (wantedOf(query)) {
      this.goTo(query);
    } else {
      this.setFollowing(this.settings.live && this.endsNow(range));
      this.look(range, 0);
    }
  }

  /** Adds what needs a script, and takes over the links that work without one. */
  dress() {
    const { name, live, declared } = this.settings;
    const wishes = {
      zoom: (factor, instant, burst) => this.zoom(factor, instant, burst),
      pan: (share, burst) => this.move(panned(this.view, share), burst),
      back: () => this.address.back(),
      move: (to) => this.moveCursor(to),
      open: () => this.open(this.row),
      toggleLive: () => this.toggleLive(),
      toggleZone: () => this.toggleZone(),
      toggleWhole: () => this.toggleWhole(),
    };
    const zones = LOCAL_ZONE !== 'UTC';
    this.tools = makeToolbar(wishes, { live, zones, declared: declared !== null });
    this.tools.toggles.zone?.setAttribute('aria-pressed', String(this.zone !== 'UTC'));
    this.liveState = make('span', { class: 'plot-live-state', role: 'status' });
    this.tools.bar.append(this.liveState);
    this.reader = new Reader(this.figure);
    this.legend = make('ul', { class: 'plot-legend' });
    this.note = make('p', { class: 'plot-note plot-quiet' });
    this.help = make('p', { class: 'plot-help plot-quiet', id: `plot-help-${plots}` }, HELP);

    this.canvas.before(make('div', { class: 'plot-bar' }, this.reader.readout, this.tools.bar));
    this.foot = make('div', { class: 'plot-foot' }, this.legend, this.note);
    this.canvas.after(this.foot, this.help, this.reader.said);
    this.panel = new Panel(this.foot, () => this.canvas.focus({ preventScroll: true }));
    this.notice = new Notice(this.canvas);

    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'plot');
    this.canvas.setAttribute('aria-label', `Plot of ${shortly(name)}`);
    this.canvas.setAttribute('aria-describedby', this.help.id);
    listenToKeys(this.canvas, wishes);
    listenToWheel(this.canvas, wishes, (clientX) => this.chart?.instantAt(clientX));
    takeRanges(this.figure, (query) => {
      this.address.take(query);
      this.goTo(query);
    });
    this.figure.classList.add('plot-ready');
  }

  get now() {
    return Math.round(Date.now() + this.skew);
  }

  get bounds() {
    return { from: Math.min(this.settings.begin, this.settings.range.from), to: this.now };
  }

  /** Whether a range was meant to end now: the server may have drawn its page a while ago. */
  endsNow({ from, to }) {
    return to >= this.now - Math.max(MINUTE, (to - from) * NOW_SHARE);
  }

  // Going somewhere

  /** Goes to what an address says; without a range, to what the server drew. */
  goTo(query) {
    const wanted = wantedOf(query);
    const now = this.now;
    let range = this.settings.range;
    let follow = this.settings.live && this.endsNow(range);
    if (wanted?.kind === 'fixed') {
      // Whoever names a range sees it, though there be nothing in it.
      range = { from: wanted.from, to: Math.max(wanted.to, wanted.from + SPAN_MIN) };
      follow = false;
    } else if (wanted) {
      range = { from: wanted.kind === 'all' ? this.bounds.from : now - wanted.span, to: now };
      follow = this.settings.live;
    } else if (follow) {
      range = { from: now - spanOfRange(range), to: now };
    }
    this.setFollowing(follow);
    this.look(range, 0);
  }

  /** Somebody moved or zoomed to a range of their own. */
  move(range, burst = false) {
    const view = within(range, this.bounds);
    this.setFollowing(false);
    this.address.fix(view, burst);
    this.look(view, burst ? BURST_ASK_MS : 0);
  }

  zoom(factor, instant, burst = false) {
    if (this.following && instant === undefined) {
      // Whoever follows the present and zooms goes on following.
      const span = spanOfRange(within(zoomed(this.view, factor, this.view.to), this.bounds));
      const now = this.now;
      this.address.last(`PT${Math.round(span / SECOND)}S`, burst);
      this.look({ from: now - span, to: now }, burst ? BURST_ASK_MS : 0);
      return;
    }
    const cursor = this.row >= 0 ? timeAt(this.frame, this.row) : NaN;
    const seen = cursor >= this.view.from && cursor <= this.view.to;
    this.move(zoomed(this.view, factor, instant ?? (seen ? cursor : undefined)), burst);
  }

  // Looking

  look(view, delay) {
    this.view = view;
    this.markPlace();
    if (this.chart) {
      this.chart.shown.view = view;
      this.chart.setView();
    }
    clearTimeout(this.askTimer);
    if (delay > 0) {
      this.askTimer = setTimeout(() => this.ask(), delay);
    } else {
      this.ask();
    }
  }

  /**
   * Asks for what is looked at.
   *
   * @param {object} [how]
   * @param {boolean} [how.corrected] whether the interval was guessed before, and is known better now
   * @param {boolean} [how.quietly] whether only the present is refreshed: that this fails covers no picture
   */
  async ask({ corrected = false, quietly = false } = {}) {
    // An attempt that somebody waits for stays one, though it begins anew.
    const calmly = quietly && !this.asking;
    const view = { ...this.view };
    const resolution = resolutionOf(spanOfRange(view), this.interval);
    const key = [resolution.duration, view.from, view.to, this.zone].join();
    const signal = this.answers.begin();
    const known = this.following ? null : this.answers.known(key);
    if (known) {
      this.take(known, view);
      return;
    }
    this.setAsking(true);
    try {
      const { frame, now } = await askFrame(this.settings.sensor, view, resolution, this.zone, signal);
      this.skew = now - Date.now();
      this.interval = learntInterval(frame, this.interval);
      if (frame.thinned && !corrected) {
        await this.ask({ corrected: true });
        return;
      }
      if (!this.following) {
        this.answers.keep(key, frame, view.to < now);
      }
      this.take(frame, view, calmly);
    } catch (error) {
      if (!signal.aborted) {
        this.fail(error, calmly);
      }
    }
  }

  setAsking(asking) {
    this.asking = asking;
    if (asking) {
      this.canvas.setAttribute('aria-busy', 'true');
      this.tail?.asked();
    } else {
      this.canvas.removeAttribute('aria-busy');
    }
  }

  /**
   * @param {import('./frame.js').Frame} frame
   * @param {import('./view.js').Range} view that it answers
   * @param {boolean} [quietly] whether nobody asked for it
   */
  take(frame, view, quietly = false) {
    this.setAsking(false);
    this.heardUntil = this.now;
    const cursor = this.row >= 0 ? timeAt(this.frame, this.row) : NaN;
    this.frame = frame;
    this.tail?.attach(frame);
    this.notice.clear();
    this.redraw();
    this.row = Number.isNaN(cursor) ? -1 : nearest(frame, cursor);
    this.chart.moveTo(this.row);
    this.reader.readOut(frame, this.row, this.shown);
    this.reader.describe(frame, this.gaps, this.shown, quietly);
    if (frame.starts.length === 0) {
      this.sayEmpty(view);
    }
  }

  /** Shows the frame as it is now. */
  redraw() {
    const declared = this.settings.interval;
    this.gaps = gapsOf(this.frame, declared, { begin: this.settings.begin, now: this.heardUntil });
    this.silence = silenceOf(this.frame, declared) ?? Infinity;
    const shown = {
      frame: this.frame,
      gaps: this.gaps,
      silence: this.silence,
      view: this.view,
      declared: this.settings.declared,
      whole: this.whole,
      unit: this.settings.unit,
      zone: this.zone,
    };
    if (this.chart) {
      this.chart.show(shown);
    } else {
      // The server's picture has done its service.
      this.canvas.querySelector('svg')?.remove();
      this.chart = new Chart(this.canvas, shown, {
        onSelect: (from, to) => this.move({ from, to }),
        onPoint: (row) => this.pointAt(row),
        onOpen: (row) => this.open(row),
        onBack: () => this.address.back(),
      });
    }
    fillLegend(this.legend, this.frame, this.gaps);
    this.note.textContent = this.noteOf();
  }

  noteOf() {
    const zone = this.zone === 'UTC' ? 'Times are UTC.' : `Times are those of ${this.zone}.`;
    if (this.frame.kind === 'readings') {
      return `${this.frame.thinned ? 'The lowest and highest readings of each moment.' : 'Every reading.'} ${zone}`;
    }
    return `Each point is ${bucketWords(this.frame.length)}. ${zone}`;
  }

  async sayEmpty(view) {
    const span = `No readings between ${timeOf(view.from, this.zone)} and ${timeOf(view.to, this.zone)}.`;
    this.notice.say(span);
    const signal = this.answers.begin();
    try {
      const last = await askLastBefore(this.settings.sensor, this.settings.begin, view, signal);
      if (signal.aborted) {
        return;
      }
      if (!last) {
        this.notice.say(`${span} It never had one.`);
        return;
      }
      const at = parseInstant(last.time);
      const link = make('a', { href: '#' }, timeOf(at, this.zone));
      link.addEventListener('click', (event) => {
        event.preventDefault();
        const span = spanOfRange(view);
        this.move({ from: at - span * 0.9, to: at + span * 0.1 });
        this.canvas.focus({ preventScroll: true });
      });
      const which = at < view.from ? 'The last one before came' : 'The newest one came';
      this.notice.say(`${span} ${which} `, link, '.');
    } catch {
      // That there are none is said already; when there were some is a courtesy.
    }
  }

  /**
   * @param {Error} error
   * @param {boolean} quietly
   */
  fail(error, quietly) {
    this.setAsking(false);
    if (error instanceof GraphqlError && error.denied) {
      this.notice.deny(error.message);
      return;
    }
    if (quietly && this.frame.starts.length > 0) {
      return;
    }
    this.notice.fail(error.message, () => {
      this.canvas.focus({ preventScroll: true });
      this.ask();
    });
  }

  // Reading out

  get shown() {
    return { unit: this.settings.unit, zone: this.zone };
  }

  pointAt(row) {
    this.row = row;
    this.reader.readOut(this.frame, row, this.shown);
  }

  moveCursor(to) {
    const rows = this.frame.starts.length;
    if (rows === 0 || !this.chart) {
      return;
    }
    const row = this.row < 0 && to === 'previous' ? rows : this.row;
    const wanted = { next: row + 1, previous: row - 1, first: 0, last: rows - 1 }[to];
    this.row = Math.min(Math.max(wanted, 0), rows - 1);
    this.chart.moveTo(this.row);
    this.reader.readOut(this.frame, this.row, this.shown);
    this.reader.say(this.frame, this.row, this.shown);
  }

  open(row) {
    if (row < 0 || row >= this.frame.starts.length) {
      return;
    }
    this.row = row;
    this.chart.moveTo(row);
    const { frame } = this;
    if (frame.kind === 'readings') {
      this.panel.openReading(this.settings.sensor, frame, row, this.settings.unit);
      return;
    }
    const bucket = { unit: this.settings.unit, words: bucketWords(frame.length) };
    const range = { from: frame.starts[row], to: frame.ends[row] };
    this.panel.openBucket(frame, row, bucket, () => {
      this.panel.close();
      this.move(range);
    });
  }

  // Following the present

  setFollowing(following) {
    this.following = following;
    this.tail?.[following ? 'start' : 'stop']();
    this.tools?.toggles.live?.setAttribute('aria-pressed', String(following));
    if (!following) {
      this.showLive('');
    }
  }

  toggleLive() {
    if (this.following) {
      this.setFollowing(false);
      this.address.fix(this.view, false);
      this.markPlace();
      return;
    }
    const span = spanOfRange(this.view);
    this.address.last(`PT${Math.round(span / SECOND)}S`);
    this.setFollowing(true);
    this.look({ from: this.now - span, to: this.now }, 0);
  }

  tailChanged() {
    if (!this.chart) {
      return;
    }
    if (this.frame.starts.length > 0) {
      this.notice.clear();
    }
    this.slide(true);
  }

  /** Moves the window along with the present: by pixels, or by tenths where motion is not wanted. */
  slide(changed = false) {
    // While an answer is awaited the picture belongs to another range.
    if (!this.chart || !this.following || this.asking) {
      return;
    }
    const span = spanOfRange(this.view);
    const now = this.now;
    if (this.figure.dataset.tail === 'live') {
      this.heardUntil = now;
    }
    const steps = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const late = now - this.view.to;
    if (late > (steps ? 0 : this.chart.pixel)) {
      const to = steps ? now + span * 0.1 : now;
      this.view = { from: to - span, to };
    } else if (!changed) {
      return;
    }
    const cursor = this.row >= 0 ? timeAt(this.frame, this.row) : NaN;
    this.tail.trim(this.view);
    this.redraw();
    if (!Number.isNaN(cursor)) {
      this.row = nearest(this.frame, cursor);
      this.chart.moveTo(this.row);
    }
    if (this.tail.isOld(span)) {
      this.ask({ quietly: true });
    } else if (this.reader.isBehind) {
      this.reader.describe(this.frame, this.gaps, this.shown, true);
    }
  }

  heardOfSocket(state) {
    this.showLive(state);
    if (state === 'live' && this.notice.isFailure) {
      // What failed while the service was away is worth another attempt now.
      this.ask();
    }
  }

  showLive(state) {
    const words =
      { away: 'No connection; trying again.', denied: 'Not live: you may not.', ended: 'Not live.' }[state] ?? '';
    this.figure.dataset.tail = this.following ? state || 'connecting' : 'paused';
    if (this.liveState && this.liveState.textContent !== words) {
      this.liveState.textContent = words;
    }
  }

  // Choices

  toggleZone() {
    this.zone = this.zone === 'UTC' ? LOCAL_ZONE : 'UTC';
    storeZone(this.zone);
    this.tools.toggles.zone.setAttribute('aria-pressed', String(this.zone !== 'UTC'));
    // Days begin elsewhere now.
    this.look(this.view, 0);
  }

  toggleWhole() {
    this.whole = !this.whole;
    this.tools.toggles.whole.setAttribute('aria-pressed', String(this.whole));
    if (this.chart) {
      this.redraw();
    }
  }

  /** Marks the link whose range is shown, and whether there is a way back. */
  markPlace() {
    this.tools.back.disabled = !this.address.canGoBack;
    markRanges(this.figure, this.address.current);
  }
}
