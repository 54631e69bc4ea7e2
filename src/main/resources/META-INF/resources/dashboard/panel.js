/** A section of the page with its age: greyed, and marked with its time, once it may be out of date. */
import { el, text, set, byId } from './dom.js';
import { every } from './clock.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const panels = new Set();

export class Panel {
  #note;
  #at = 0;
  #why = '';

  /**
   * @param limit the age in milliseconds after which it is old; 0 if it depends on the WebSocket only
   * @param pushed whether it is also old while the WebSocket is disconnected
   */
  constructor(id, limit, pushed = limit === 0) {
    this.root = byId(id);
    this.limit = limit;
    this.pushed = pushed;
    this.#note = this.root.querySelector('.as-of');
    panels.add(this);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  fresh() {
    this.#at = Date.now();
    this.#why = '';
    this.judge();
  }

  /** Keeps the content, and marks it as old. */
  failed(problem) {
    this.#why = problem.status === 403 ? 'your token may not see this' : format.plain(problem.message);
    this.judge();
  }

  /** Whether the token has one of the roles. Without them the section and the way to it are absent. */
  needs(...roles) {
    if (roles.some(session.can)) return true;
    panels.delete(this);
    this.root.hidden = true;
    for (const link of document.querySelectorAll(`nav a[href="#${this.root.id}"]`)) link.hidden = true;
    return false;
  }

  judge() {
    const deaf = this.pushed && !['live', 'catching-up', 'connecting'].includes(live.state.name);
    const late = this.limit > 0 && this.#at > 0 && Date.now() - this.#at > this.limit;
    const old = deaf || late || this.#why !== '';
    set(this.root, 'data-old', old);
    const at = this.limit > 0 ? this.#at : old ? live.state.lostAt ?? live.state.since : 0;
    text(this.#note, [at ? `as of ${format.time(at)}` : '', this.#why].filter(Boolean).join(' · '));
  }
}

export function start() {
  byId('secret-copy').addEventListener('click', copy);
  const all = () => panels.forEach((panel) => panel.judge());
  every(1, all);
  live.when('state', () => { all(); document.querySelectorAll('button[data-role]').forEach(allow); });
  const hints = () => document.querySelectorAll('.scroll').forEach(hint);
  every(2, hints);
  addEventListener('resize', hints);
  document.addEventListener('scroll', ({ target }) => target.classList?.contains('scroll') && hint(target), { capture: true, passive: true });
}

/** Says at the edge of a box that it has more beside what is seen. */
function hint(box) {
  set(box, 'data-more', box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
}

const connected = () => !['lost', 'refused'].includes(live.state.name);

/** Why a button can't be pressed now; empty if it can. */
function objection(role) {
  if (!session.can(role)) return `For the role ${role}; your token has: ${session.roles()}`;
  return connected() ? '' : 'Disconnected from the service';
}

function allow(made) {
  const why = objection(made.dataset.role);
  set(made, 'aria-disabled', why !== '' && 'true');
  set(made, 'title', why || made.dataset.title || null);
}

/** Asks for confirmation of an action that can't be undone. */
export function confirmed(title, question, yes) {
  const dialog = byId('confirm');
  text(byId('confirm-title'), title);
  text(byId('confirm-text'), question);
  text(byId('confirm-yes'), yes);
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }));
}

/** A button that is off, with the reason as its title, while the token does not have the role or the page is disconnected. */
export function button(label, role, click, attributes = {}) {
  const made = el('button', { type: 'button', ...attributes, data: { role, title: attributes.title ?? '' } }, label);
  allow(made);
  made.addEventListener('click', async () => {
    if (objection(role) || made.getAttribute('aria-busy')) return;
    made.setAttribute('aria-busy', 'true');
    try { await click(made); } finally { made.removeAttribute('aria-busy'); }
  });
  return made;
}

let shown = Promise.resolve();

/** Shows a text that the service tells only once, after the one that is shown. */
export function secret(title, why, value) {
  shown = shown.then(() => showSecret(title, why, value));
  return shown;
}

function showSecret(title, why, value) {
  const dialog = byId('secret');
  const field = byId('secret-value');
  text(byId('secret-title'), title);
  text(byId('secret-why'), why);
  text(byId('secret-said'), '');
  field.value = value;
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  field.select();
  return new Promise((resolve) => dialog.addEventListener('close', () => { field.value = ''; resolve(); }, { once: true }));
}

/** The clipboard is missing in pages that came over plain HTTP. */
async function copy() {
  byId('secret-value').select();
  try {
    await navigator.clipboard.writeText(byId('secret-value').value);
    text(byId('secret-said'), 'Copied.');
  } catch {
    text(byId('secret-said'), document.execCommand('copy') ? 'Copied.' : 'Copy the selected text.');
  }
}

/** A link to what an id names, cut in the middle. */
export function link(hash, id, longest) {
  return el('a', { href: `#${hash}/${encodeURIComponent(id)}`, title: format.id(id, longest) === id ? null : id }, format.id(id, longest));
}
