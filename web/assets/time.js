/**
 * `<time datetime="…" data-age>` says how long ago it was, and ticks calmly: seconds while they matter, then minutes,
 * then not before the page would be wrong by a part that somebody could see.
 */

import { ageOf } from './age.js';

/** @type {Set<HTMLTimeElement>} those in sight or near it */
const seen = new Set();
let timer = 0;

function tick() {
  clearTimeout(timer);
  if (document.hidden) {
    return;
  }
  const now = Date.now();
  let next = Infinity;
  for (const element of seen) {
    if (!element.isConnected) {
      seen.delete(element);
      continue;
    }
    const instant = Date.parse(element.dateTime);
    if (Number.isNaN(instant)) {
      continue;
    }
    const { text, nextMs } = ageOf(now - instant);
    if (element.textContent !== text) {
      // The exact time stays at hand for a pointer.
      element.title ||= element.dateTime;
      element.textContent = text;
    }
    next = Math.min(next, nextMs);
  }
  if (next < Infinity) {
    timer = setTimeout(tick, next);
  }
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      seen[isIntersecting ? 'add' : 'delete'](/** @type {HTMLTimeElement} */ (target));
    }
    tick();
  },
  { rootMargin: '200px' },
);

/** @param {Node} root */
function watch(root) {
  if (!(root instanceof Element) && root !== document) {
    return;
  }
  if (root instanceof HTMLTimeElement && root.hasAttribute('data-age')) {
    sight.observe(root);
  }
  for (const element of /** @type {ParentNode} */ (root).querySelectorAll('time[data-age]')) {
    sight.observe(element);
  }
}

watch(document);
new MutationObserver((changes) => {
  let moved = false;
  for (const { type, addedNodes, target } of changes) {
    addedNodes.forEach(watch);
    if (type === 'attributes' && target instanceof HTMLTimeElement && target.title) {
      target.title = target.dateTime;
    }
    moved ||= type === 'attributes';
  }
  if (moved) {
    tick();
  }
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['datetime'] });
document.addEventListener('visibilitychange', tick);
