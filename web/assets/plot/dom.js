/**
 * Elements in few words. Texts are only ever set as text, so a name or payload can't become anything else.
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | null>} [attributes] false and null leave one out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @param {string} label what it does, in words
 * @param {() => void} act
 * @param {Record<string, string | boolean | null>} [attributes]
 * @param {string} [sign] what is seen instead of the label
 */
export function button(label, act, attributes = {}, sign = '') {
  const element = sign
    ? make(
        'button',
        { type: 'button', 'aria-label': label, title: label, ...attributes },
        make('span', { 'aria-hidden': 'true' }, sign),
      )
    : make('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', act);
  return element;
}

/**
 * A list of names and what they say; rows without anything to say are left out.
 *
 * @param {Array<[string, Node | string | null | undefined]>} rows
 */
export function definitions(rows) {
  const list = make('dl');
  for (const [name, said] of rows) {
    if (said !== null && said !== undefined && said !== '') {
      list.append(make('div', {}, make('dt', {}, name), make('dd', {}, said)));
    }
  }
  return list;
}

/** A text of somebody else's, kept from turning what is around it. */
export function foreign(text) {
  return make('bdi', {}, text);
}
