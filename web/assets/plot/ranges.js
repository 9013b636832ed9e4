/**
 * The links to ranges that the server knows of: `<nav class="ranges">`. They work without a script; here they go to
 * their range without another page.
 */

import { wantedOf } from './address.js';

/** @param {HTMLAnchorElement} link */
function queryOf(link) {
  return new URL(link.href, location.href).searchParams;
}

/**
 * @param {HTMLElement} figure
 * @param {(query: URLSearchParams) => void} go
 */
export function takeRanges(figure, go) {
  figure.querySelector('nav.ranges')?.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    // Another tab or window is the browser's business.
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (link && plain && wantedOf(queryOf(link))) {
      event.preventDefault();
      go(queryOf(link));
    }
  });
}

/**
 * Marks the link whose range is shown.
 *
 * @param {HTMLElement} figure
 * @param {URLSearchParams} current
 */
export function markRanges(figure, current) {
  const shown = wantedOf(current);
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (figure.querySelectorAll('nav.ranges a'));
  for (const link of links) {
    const same = JSON.stringify(wantedOf(queryOf(link))) === JSON.stringify(shown);
    if (shown ? same : link.hasAttribute('data-default')) {
      link.setAttribute('aria-current', 'true');
    } else {
      link.removeAttribute('aria-current');
    }
  }
}
