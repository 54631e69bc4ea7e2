/** Elements. Data from a server enters the page as text or as the value of an attribute, never as markup. */

/** Makes an element. attributes: plain ones by name, `on` for listeners, `data` for data-*; null and false omit one. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') Object.entries(value).forEach(([event, listener]) => made.addEventListener(event, listener));
    else if (name === 'data') Object.assign(made.dataset, value);
    else set(made, name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Sets an attribute, or removes it for null and false. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? '' : value);
}

export const byId = (id) => document.getElementById(id);

/** Changes a text only if it differs, to avoid layout and announcements by screen readers. */
export function text(element, value) {
  const wanted = String(value ?? '');
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * Updates the children of a list to match the items, in their order. Elements are reused by key, so that focus and selection survive;
 * render(element, item) fills one.
 */
export function list(parent, items, key, create, render) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    known.delete(name);
    if (!child) {
      child = create(item);
      child.dataset.key = name;
    }
    render?.(child, item);
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  known.forEach((child) => child.remove());
}

/** A bar that shows a share from 0 to 1, with its text beside it. */
export function meter(share, label, level = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', `meter ${level}`);
  svg.setAttribute('viewBox', '0 0 100 8');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  for (const [name, width] of [['track', 100], ['fill', Math.max(0, Math.min(1, share || 0)) * 100]]) {
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    rect.setAttribute('class', name);
    rect.setAttribute('width', width);
    rect.setAttribute('height', 8);
    svg.append(rect);
  }
  return el('span', { class: 'metered' }, svg, el('span', { class: 'number' }, label));
}
