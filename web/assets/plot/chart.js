/**
 * The picture: uPlot with our columns, colours and marks. It knows nothing of where data comes from; it is shown a
 * frame and a range, and tells what a pointer does.
 */

import uPlot from '../uplot/uplot.js';
import { columnsOf, lonely, valuesRange } from './columns.js';
import { coloursOf, onColoursChange } from './colours.js';
import { nearest, timeAt } from './frame.js';
import { drawDeclared, drawFlags, drawGaps, drawUnit, hatchOf } from './marks.js';
import { make } from './dom.js';
import { tickOf, valueOf } from './words.js';

/** A pointer that moved less was a click. */
const CLICK_PX = 5;
/** A second click within this time is a double click, and the first one none. */
const DOUBLE_CLICK_MS = 260;
/** Half as wide as a label of the time. */
const TICK_PX = 16;
const HEIGHT_SHARE = 0.42;
const [HEIGHT_MIN, HEIGHT_MAX] = [240, 420];

/**
 * @typedef {object} ChartEvents
 * @property {(from: number, to: number) => void} onSelect
 * @property {(row: number) => void} onPoint the pointer is at a row; -1 when it left
 * @property {(row: number) => void} onOpen
 * @property {() => void} onBack
 */

export class Chart {
  /**
   * @param {HTMLElement} host
   * @param {import('./marks.js').Shown} shown
   * @param {ChartEvents} events
   */
  constructor(host, shown, events) {
    this.host = host;
    this.shown = shown;
    this.events = events;
    this.row = -1;
    this.colours = coloursOf(host);
    this.font = `12px ${getComputedStyle(host).fontFamily}`;
    this.u = new uPlot(this.options(), this.columns(), host);
    this.dot = make('div', { class: 'plot-dot', hidden: true });
    this.u.over.append(this.dot);
    this.listenToPointer();
    this.listenToClicks();
    onColoursChange(() => this.recolour());
    new ResizeObserver(() => this.fit()).observe(host);
  }

  /** @param {import('./marks.js').Shown} shown */
  show(shown) {
    this.shown = shown;
    this.u.batch(() => {
      this.u.setData(this.columns(), false);
      this.setScale();
    });
    this.placeCursor();
  }

  /** Shows the same data in another range, stretched until better data comes. */
  setView() {
    this.u.batch(() => this.setScale());
    this.placeCursor();
  }

  setScale() {
    const { from, to } = this.shown.view;
    this.u.setScale('x', { min: from, max: to });
  }

  columns() {
    const { frame, silence } = this.shown;
    const columns = columnsOf(frame, silence);
    if (columns[0].length > 0) {
      return columns;
    }
    // uPlot draws no axes without any row.
    const nothing = [null, null];
    return [[frame.from, frame.to], nothing, nothing, nothing];
  }

  options() {
    const colour = (name) => () => this.colours[name];
    const hairline = { stroke: colour('line'), width: 1 };
    const axis = { stroke: colour('muted'), font: this.font, grid: hairline, ticks: { ...hairline, size: 4 }, gap: 5 };
    const edge = { stroke: 'transparent', width: 0, points: { show: false } };
    return {
      ...this.size(),
      ms: 1,
      padding: [22, 12, 0, 0],
      legend: { show: false },
      tzDate: (instant) => uPlot.tzDate(new Date(instant), this.shown.zone),
      scales: {
        x: { range: () => [this.shown.view.from, this.shown.view.to] },
        y: { range: () => this.valuesRange() },
      },
      axes: [
        { ...axis, space: 76, size: 40, lineGap: 1.35, values: (_, splits, __, ___, step) => this.ticks(splits, step) },
        { ...axis, size: axisWidth, space: 36, values: (_, splits) => this.valueLabels(splits) },
      ],
      series: [
        {},
        edge,
        edge,
        {
          stroke: colour('accent'),
          width: 1.5,
          points: { size: 4, width: 0, fill: colour('accent'), filter: pointsShown },
        },
      ],
      bands: [{ series: [2, 1], fill: colour('band') }],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: CLICK_PX },
        bind: { dblclick: () => () => this.events.onBack() },
      },
      hooks: {
        drawClear: [(u) => this.drawBehind(u)],
        drawAxes: [(u) => this.drawWords(u)],
        draw: [(u) => drawFlags(u, this.shown, this.colours)],
        setSelect: [(u) => this.selected(u)],
      },
    };
  }

  valuesRange() {
    const { frame, view, declared, whole } = this.shown;
    return valuesRange(frame, view, whole ? declared : null);
  }

  ticks(instants, step) {
    // A label in the middle of the picture's edge would be cut in two.
    const last = this.shown.view.to - TICK_PX * this.pixel;
    return instants.map((instant, i) => (instant > last ? '' : tickOf(instant, step, i === 0, this.shown.zone)));
  }

  /** Where there is nothing, an axis of values would be made up. */
  valueLabels(values) {
    return this.shown.frame.starts.length > 0 ? values.map((value) => valueOf(value)) : values.map(() => '');
  }

  drawBehind(u) {
    // In the constructor of uPlot the colours are those of the first moment anyway.
    this.hatch ??= hatchOf(u.ctx, this.colours.line, devicePixelRatio);
    drawGaps(u, this.shown, this.hatch);
  }

  drawWords(u) {
    const font = `${11 * devicePixelRatio}px ${getComputedStyle(this.host).fontFamily}`;
    drawDeclared(u, this.shown, this.colours, font);
    drawUnit(u, this.shown, this.colours, font);
  }

  selected(u) {
    const { left, width } = u.select;
    if (width < CLICK_PX) {
      return;
    }
    const [from, to] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.onSelect(from, to);
  }

  /** uPlot's own cursor also moves when data does; only a pointer that moves points at something. */
  listenToPointer() {
    const { over } = this.u;
    over.addEventListener('mousemove', (event) => {
      this.row = nearest(this.shown.frame, this.instantAt(event.clientX));
      this.placeDot();
      this.events.onPoint(this.row);
    });
    over.addEventListener('mouseleave', () => {
      this.row = -1;
      this.placeDot();
      this.events.onPoint(-1);
    });
  }

  /**
   * Puts the cursor on a row, as the keyboard does; -1 takes it away.
   *
   * @param {number} row
   */
  moveTo(row) {
    this.row = row;
    this.placeCursor();
  }

  placeCursor() {
    const instant =
      this.row >= 0 && this.row < this.shown.frame.starts.length ? timeAt(this.shown.frame, this.row) : NaN;
    const left = Number.isNaN(instant) ? -10 : this.u.valToPos(instant, 'x');
    this.u.setCursor({ left, top: left < 0 ? -10 : 1 }, false);
    this.placeDot();
  }

  placeDot() {
    const { frame, view } = this.shown;
    const row = this.row;
    const instant = row >= 0 && row < frame.starts.length ? timeAt(frame, row) : NaN;
    const seen = instant >= view.from && instant <= view.to;
    this.dot.hidden = !seen;
    if (!seen) {
      return;
    }
    const height = this.u.over.clientHeight;
    const value = frame.mid[row] ?? frame.low[row];
    const top = value === null ? height - 8 : Math.min(Math.max(this.u.valToPos(value, 'y'), 8), height - 8);
    this.dot.style.left = `${this.u.valToPos(instant, 'x')}px`;
    this.dot.style.top = `${top}px`;
  }

  listenToClicks() {
    const { over } = this.u;
    let downAt = null;
    let timer = 0;
    over.addEventListener('pointerdown', (event) => {
      downAt = { x: event.clientX, y: event.clientY };
    });
    over.addEventListener('click', (event) => {
      clearTimeout(timer);
      const still = downAt && Math.hypot(event.clientX - downAt.x, event.clientY - downAt.y) < CLICK_PX;
      if (!still || event.detail > 1) {
        return;
      }
      const instant = this.instantAt(event.clientX);
      timer = setTimeout(() => {
        const row = nearest(this.shown.frame, instant);
        if (row >= 0) {
          this.events.onOpen(row);
        }
      }, DOUBLE_CLICK_MS);
    });
  }

  /** Where a pointer is on the axis of time. */
  instantAt(clientX) {
    return this.u.posToVal(clientX - this.u.over.getBoundingClientRect().left, 'x');
  }

  /** How much time one pixel is. */
  get pixel() {
    const { from, to } = this.shown.view;
    // While uPlot is being made, its size is not known yet.
    return (to - from) / Math.max(this.u?.over.clientWidth || this.host.clientWidth, 1);
  }

  size() {
    const width = Math.max(this.host.clientWidth, 120);
    return { width, height: Math.round(Math.min(Math.max(width * HEIGHT_SHARE, HEIGHT_MIN), HEIGHT_MAX)) };
  }

  fit() {
    const size = this.size();
    if (size.width !== this.u.width || size.height !== this.u.height) {
      this.hatch = null;
      this.u.setSize(size);
      this.placeCursor();
    }
  }

  recolour() {
    this.colours = coloursOf(this.host);
    this.hatch = null;
    this.u.redraw(false, true);
  }
}

/** All of them where they stand apart (`null`), else those that no line shows. */
function pointsShown(u, series, all) {
  return all ? null : lonely(u.data[series]);
}

/** As wide as the longest label. */
function axisWidth(u, values, index, cycle) {
  const axis = u.axes[index];
  // uPlot asks again until the sizes agree; after the first time they do.
  if (cycle > 1) {
    return axis._size;
  }
  const longest = (values ?? []).reduce((a, b) => (b.length > a.length ? b : a), '');
  u.ctx.font = axis.font[0];
  return Math.ceil(axis.ticks.size + axis.gap + u.ctx.measureText(longest).width / devicePixelRatio + 4);
}
