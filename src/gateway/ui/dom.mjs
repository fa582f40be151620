/**
 * Elements from values. Everything from outside is set as text (UI-2): there is no way to make markup of it here.
 * Rows stay the same elements from one reading to the next, so that focus and what is open stay where they are.
 */

const SVG = 'http://www.w3.org/2000/svg'

/** @param id of an element that is in the page */
export const byId = (id) => document.getElementById(id)

/** `el('p', { class: 'lead' }, 'text', child)` */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children)
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children)
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/** Only where it differs: else a reader's selection would be lost. */
export function text(element, words) {
  if (element.textContent !== words) element.textContent = words
}

const rowsOf = new WeakMap()

/**
 * One child of `parent` for each item, in their order.
 * `make(item)` gives an object with `element`; `update(row, item)` fills it.
 */
export function keyed(parent, items, keyOf, make, update) {
  const before = rowsOf.get(parent) ?? new Map()
  const after = new Map()
  for (const item of items) {
    const key = keyOf(item)
    if (after.has(key)) continue
    const row = before.get(key) ?? make(item)
    update(row, item)
    after.set(key, row)
  }
  for (const [key, row] of before) if (!after.has(key)) row.element.remove()
  let index = 0
  for (const { element } of after.values()) {
    const there = parent.children[index] ?? null
    if (element !== there) parent.insertBefore(element, there)
    index += 1
  }
  rowsOf.set(parent, after)
}
