/**
 * The page's colours, as a canvas takes them. The stylesheet has the only say: whatever way it writes a colour
 * (`light-dark()`, `var()`, a system colour), a probe in the page resolves it.
 */

/** @typedef {'ink' | 'muted' | 'line' | 'surface' | 'accent' | 'ok' | 'warn' | 'bad' | 'band'} Name */
/** @typedef {Record<Name, string>} Colours */

const NAMES = ['ink', 'muted', 'line', 'surface', 'accent', 'ok', 'warn', 'bad', 'band'];

/**
 * @param {HTMLElement} figure
 * @returns {Colours}
 */
export function coloursOf(figure) {
  const probe = document.createElement('i');
  probe.className = 'plot-probe';
  probe.hidden = true;
  figure.append(probe);
  const colours = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return /** @type {Colours} */ (colours);
}

/**
 * Calls back whenever the colours may be others: a scheme or contrast of the system, or a choice made on the page.
 *
 * @param {() => void} changed
 */
export function onColoursChange(changed) {
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)']) {
    matchMedia(query).addEventListener('change', changed);
  }
  new MutationObserver(changed).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['class', 'style', 'data-theme', 'data-color-scheme'],
  });
}
