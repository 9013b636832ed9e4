/**
 * The buttons beside the picture, and what keys and the wheel do on it. All of them only say what is wanted.
 */

import { button, make } from './dom.js';

/** Wheels and trackpads differ in size; one notch of a wheel zooms by about a quarter. */
const WHEEL_FACTOR = 0.0022;
const PAN_SHARE = 0.25;

export const HELP =
  'Arrow keys go from point to point, Enter opens one. With Shift, arrow keys move in time. ' +
  'Plus and minus zoom, Home and End go to the first and the last point, Escape goes back. ' +
  'Drag to select a range, or turn the wheel with Ctrl.';

/**
 * @typedef {object} Wishes
 * @property {(factor: number, instant?: number, burst?: boolean) => void} zoom
 * @property {(share: number, burst?: boolean) => void} pan
 * @property {() => void} back
 * @property {(to: 'next' | 'previous' | 'first' | 'last') => void} move
 * @property {() => void} open
 * @property {() => void} toggleLive
 * @property {() => void} toggleZone
 * @property {() => void} toggleWhole
 */

/**
 * @param {Wishes} wishes
 * @param {{live: boolean, zones: boolean, declared: boolean}} has which toggles make sense
 */
export function makeToolbar(wishes, has) {
  const group = (label, ...children) =>
    make('div', { role: 'group', 'aria-label': label, class: 'plot-group' }, ...children);
  const toggle = (label, act) => button(label, act, { class: 'plot-button plot-toggle', 'aria-pressed': 'false' });
  const tool = (label, sign, act) => button(label, act, { class: 'plot-button' }, sign);

  const toggles = {
    live: has.live ? toggle('Live', wishes.toggleLive) : null,
    zone: has.zones ? toggle('Local time', wishes.toggleZone) : null,
    whole: has.declared ? toggle('Whole range', wishes.toggleWhole) : null,
  };
  const back = tool('Go back', '↶', wishes.back);
  const bar = make(
    'div',
    { class: 'plot-tools' },
    group(
      'Move and zoom',
      back,
      tool('Zoom out', '−', () => wishes.zoom(0.5)),
      tool('Zoom in', '+', () => wishes.zoom(2)),
      tool('Earlier', '←', () => wishes.pan(-PAN_SHARE)),
      tool('Later', '→', () => wishes.pan(PAN_SHARE)),
    ),
    ...Object.values(toggles).filter((one) => one !== null),
  );
  return { bar, back, toggles };
}

/**
 * @param {HTMLElement} host
 * @param {Wishes} wishes
 */
export function listenToKeys(host, wishes) {
  const keys = {
    ArrowLeft: () => wishes.move('previous'),
    ArrowRight: () => wishes.move('next'),
    Home: () => wishes.move('first'),
    End: () => wishes.move('last'),
    'Shift+ArrowLeft': () => wishes.pan(-PAN_SHARE, true),
    'Shift+ArrowRight': () => wishes.pan(PAN_SHARE, true),
    '+': () => wishes.zoom(2, undefined, true),
    '=': () => wishes.zoom(2, undefined, true),
    '-': () => wishes.zoom(0.5, undefined, true),
    _: () => wishes.zoom(0.5, undefined, true),
    Enter: () => wishes.open(),
    Escape: () => wishes.back(),
  };
  host.addEventListener('keydown', (event) => {
    // Keys of the browser, and those for a link or button inside of the picture, stay theirs.
    if (event.target !== host || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const arrow = event.shiftKey && event.key.startsWith('Arrow');
    const act = keys[arrow ? `Shift+${event.key}` : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

/**
 * @param {HTMLElement} host
 * @param {Wishes} wishes
 * @param {(clientX: number) => number} instantAt
 */
export function listenToWheel(host, wishes, instantAt) {
  host.addEventListener(
    'wheel',
    (event) => {
      // The wheel alone scrolls the page, as everywhere. (Pinching a trackpad comes as a wheel with Ctrl.)
      if (!event.ctrlKey && !event.metaKey) {
        return;
      }
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY;
      wishes.zoom(Math.exp(-pixels * WHEEL_FACTOR), instantAt(event.clientX), true);
    },
    { passive: false },
  );
}
