/**
 * `<button data-copy="#id">` copies the text of its target, says so, and selects it where a browser forbids copying.
 */

const SAID_MS = 2_000;

/** One polite region for all buttons; it stands in the page before anything is said in it, or it would not be heard. */
const said = document.createElement('p');
said.className = 'visually-hidden';
said.setAttribute('role', 'status');

/** @param {Element} target */
function textOf(target) {
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    return target.value;
  }
  return target.textContent ?? '';
}

/** @param {Element} target */
function select(target) {
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    target.focus();
    target.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(target);
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const target = find(button.dataset.copy);
  if (!target) {
    return;
  }
  try {
    await navigator.clipboard.writeText(textOf(target));
    tell(button, 'Copied', 'Copied');
  } catch {
    // Plain http beyond this machine has no clipboard, and users may refuse it.
    select(target);
    tell(button, 'Selected', 'Selected. Copy it with the keyboard or the menu.');
  }
}

function find(selector) {
  try {
    return selector ? document.querySelector(selector) : null;
  } catch {
    return null;
  }
}

const labels = new WeakMap();
const timers = new WeakMap();

function tell(button, shown, spoken) {
  if (!labels.has(button)) {
    labels.set(button, button.textContent);
  }
  button.textContent = shown;
  // The same text again would not be read out again.
  said.textContent = '';
  requestAnimationFrame(() => {
    said.textContent = spoken;
  });
  clearTimeout(timers.get(button));
  timers.set(
    button,
    setTimeout(() => {
      button.textContent = labels.get(button);
      said.textContent = '';
    }, SAID_MS),
  );
}

document.body.append(said);
document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  if (button instanceof HTMLButtonElement) {
    copy(button);
  }
});
for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('button[data-copy]'))) {
  // The server hides what only works with a script.
  button.hidden = false;
}
