/**
 * What stands in the picture's place, or over it, when there is nothing to see: empty, wrong, or not allowed.
 */

import { button, make } from './dom.js';

export class Notice {
  /** @param {HTMLElement} host */
  constructor(host) {
    // Both stand in the page from the start: a region that comes with its text is often not read out.
    this.status = make('div', { class: 'plot-notice', role: 'status' });
    this.alert = make('div', { class: 'plot-notice', role: 'alert' });
    host.append(this.status, this.alert);
  }

  get isFailure() {
    return this.alert.hasChildNodes();
  }

  clear() {
    this.status.replaceChildren();
    this.alert.replaceChildren();
  }

  /** @param {...(Node | string)} said */
  say(...said) {
    this.clear();
    this.status.append(make('p', {}, ...said));
  }

  /**
   * @param {string} message
   * @param {() => void} retry
   */
  fail(message, retry) {
    this.clear();
    this.alert.append(make('p', {}, message), button('Try again', retry, { class: 'plot-button' }));
  }

  /** @param {string} message */
  deny(message) {
    this.clear();
    const next = encodeURIComponent(location.pathname + location.search);
    const link = make('a', { href: `/sign-in?next=${next}` }, 'Sign in');
    this.status.append(make('p', {}, `You may not see these readings. ${message}`), make('p', {}, link));
  }
}
