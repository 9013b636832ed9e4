/**
 * What is drawn on the canvas beside uPlot's own lines: gaps, the declared range, and flagged readings. Flags differ by
 * shape first and by colour second.
 */

import { valueOf } from './words.js';

/** Marks nearer than this to the one before would be a smear. */
const APART_PX = 6;
const MARK_PX = 4.5;

/**
 * @typedef {object} Shown what a picture is made of
 * @property {import('./frame.js').Frame} frame
 * @property {import('./gaps.js').Gap[]} gaps
 * @property {number} silence
 * @property {import('./view.js').Range} view
 * @property {[number, number] | null} declared the range that the sensor can report
 * @property {boolean} whole whether the axis spans the declared range
 * @property {string} unit
 * @property {string} zone
 */

/**
 * A pattern of thin diagonals for times without readings.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} ratio device pixels of a pixel
 * @returns {CanvasPattern | null}
 */
export function hatchOf(context, colour, ratio) {
  const size = Math.round(8 * ratio);
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) {
    return null;
  }
  pen.strokeStyle = colour;
  pen.lineWidth = ratio;
  pen.beginPath();
  // Three strokes, so that the tile's corners meet those of its neighbours.
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat');
}

/**
 * @param {any} u uPlot
 * @param {Shown} shown
 * @param {CanvasPattern | null} hatch
 */
export function drawGaps(u, { gaps, frame, view }, hatch) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  clipTo(ctx, bbox);
  ctx.fillStyle = hatch ?? 'transparent';
  for (const { from, to } of frame.starts.length > 0 ? gaps : [{ from: frame.from, to: frame.to }]) {
    if (to < view.from || from > view.to) {
      continue;
    }
    const left = u.valToPos(from, 'x', true);
    // One lost minute in a year is less than a pixel, and yet a gap.
    const width = Math.max(u.valToPos(to, 'x', true) - left, 2 * ratio);
    ctx.fillRect(left, bbox.top, width, bbox.height);
  }
  ctx.restore();
}

/**
 * @param {any} u uPlot
 * @param {Shown} shown
 * @param {import('./colours.js').Colours} colours
 * @param {string} font
 */
export function drawDeclared(u, { declared, frame, unit }, colours, font) {
  if (!declared || frame.starts.length === 0) {
    return;
  }
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  clipTo(ctx, bbox);
  ctx.strokeStyle = colours.muted;
  ctx.fillStyle = colours.muted;
  ctx.lineWidth = ratio;
  ctx.font = font;
  ctx.textAlign = 'right';
  declared.forEach((value, i) => {
    if (value < u.scales.y.min || value > u.scales.y.max) {
      return;
    }
    const y = Math.round(u.valToPos(value, 'y', true)) + 0.5;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    // The lowest value's words stand above its line, the highest one's below: between them there is room.
    ctx.textBaseline = i === 0 ? 'bottom' : 'top';
    const word = i === 0 ? 'lowest possible' : 'highest possible';
    ctx.fillText(`${word} ${valueOf(value, unit)}`, bbox.left + bbox.width - 6 * ratio, y + (i === 0 ? -3 : 4) * ratio);
  });
  ctx.restore();
}

/** The unit stands above its axis. */
export function drawUnit({ ctx, bbox }, { frame, unit }, colours, font) {
  if (frame.starts.length === 0) {
    return;
  }
  ctx.save();
  ctx.fillStyle = colours.muted;
  ctx.font = font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'top';
  ctx.fillText(unit, 2 * devicePixelRatio, bbox.top - 20 * devicePixelRatio);
  ctx.restore();
}

/**
 * @param {any} u uPlot
 * @param {Shown} shown
 * @param {import('./colours.js').Colours} colours
 */
export function drawFlags(u, { frame, view }, colours) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const last = { SUSPECT: null, FAIL: null, MISSING: null };
  const bottom = bbox.top + bbox.height - 8 * ratio;
  const inside = (y) => Math.min(Math.max(y, bbox.top + 8 * ratio), bottom);

  const mark = (flag, instant, y) => {
    const x = u.valToPos(instant, 'x', true);
    const before = last[flag];
    if (before && Math.abs(x - before.x) < APART_PX * ratio && Math.abs(y - before.y) < APART_PX * ratio) {
      return;
    }
    last[flag] = { x, y };
    ctx.lineWidth = 2 * ratio;
    SHAPES[flag](ctx, x, y, MARK_PX * ratio, colours);
  };

  ctx.save();
  for (let i = 0; i < frame.starts.length; i += 1) {
    if (frame.ends[i] < view.from || frame.starts[i] > view.to) {
      continue;
    }
    if (frame.kind === 'buckets') {
      // Which of a bucket's readings it was is not known here: its marks stand on the floor, in two rows.
      const middle = (frame.starts[i] + frame.ends[i]) / 2;
      if (frame.fails[i] > 0) {
        mark('FAIL', middle, bottom);
      }
      if (frame.suspects[i] > 0) {
        mark('SUSPECT', middle, bottom - 14 * ratio);
      }
    } else if (SHAPES[frame.flags[i]]) {
      const y = frame.mid[i] === null ? bottom : inside(u.valToPos(frame.mid[i], 'y', true));
      mark(frame.flags[i], frame.starts[i], y);
    }
  }
  ctx.restore();
}

const SHAPES = {
  SUSPECT(ctx, x, y, size, colours) {
    ctx.beginPath();
    ctx.moveTo(x, y - size * 1.15);
    ctx.lineTo(x + size * 1.1, y + size * 0.8);
    ctx.lineTo(x - size * 1.1, y + size * 0.8);
    ctx.closePath();
    ctx.fillStyle = colours.warn;
    ctx.strokeStyle = colours.surface;
    ctx.stroke();
    ctx.fill();
  },
  FAIL(ctx, x, y, size, colours) {
    const reach = size * 0.9;
    const cross = () => {
      ctx.beginPath();
      ctx.moveTo(x - reach, y - reach);
      ctx.lineTo(x + reach, y + reach);
      ctx.moveTo(x + reach, y - reach);
      ctx.lineTo(x - reach, y + reach);
      ctx.stroke();
    };
    // A rim of the surface keeps the cross off the line behind it.
    const width = ctx.lineWidth;
    ctx.lineWidth = width * 2.2;
    ctx.strokeStyle = colours.surface;
    cross();
    ctx.lineWidth = width;
    ctx.strokeStyle = colours.bad;
    cross();
  },
  MISSING(ctx, x, y, size, colours) {
    ctx.strokeStyle = colours.muted;
    ctx.strokeRect(x - size * 0.7, y - size * 0.7, size * 1.4, size * 1.4);
  },
};

function clipTo(ctx, { left, top, width, height }) {
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
}
