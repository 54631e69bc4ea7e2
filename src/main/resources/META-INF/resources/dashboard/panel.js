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
    this.#why = problem.status === 403 ? 'your token may not see this' : problem.message;
    this.judge();
  }

  /** Whether the token has the role; shows which role is required if not. */
  needs(role) {
    if (session.can(role)) return true;
    this.root.dataset.denied = role;
    for (const part of this.root.querySelectorAll(':scope > :not(header)')) part.hidden = true;
    if (!this.find('.denied')) {
      this.root.append(el('p', { class: 'denied' }, `For the role ${role}. Your token has: ${session.roles()}.`));
    }
    return false;
  }

  judge() {
    if (this.root.dataset.denied) return;
    const deaf = this.pushed && !['live', 'catching-up', 'connecting'].includes(live.state.name);
    const late = this.limit > 0 && this.#at > 0 && Date.now() - this.#at > this.limit;
    const old = deaf || late || this.#why !== '';
    set(this.root, 'data-old', old);
    const at = this.limit > 0 ? this.#at : old ? live.state.lostAt ?? live.state.since : 0;
    text(this.#note, [at ? `as of ${format.time(at)}` : '', this.#why].filter(Boolean).join(' · '));
  }
}

export function start() {
  const all = () => panels.forEach((panel) => panel.judge());
  every(1, all);
  live.when('state', all);
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

/** A button that is disabled, with the reason as its title, if the token does not have the role. */
export function button(label, role, click, attributes = {}) {
  const allowed = session.can(role);
  const made = el('button', {
    type: 'button', ...attributes, 'aria-disabled': !allowed && 'true', title: !allowed && `For the role ${role}; your token has: ${session.roles()}`,
  }, label);
  made.addEventListener('click', async () => {
    if (!allowed || made.getAttribute('aria-busy')) return;
    made.setAttribute('aria-busy', 'true');
    try { await click(made); } finally { made.removeAttribute('aria-busy'); }
  });
  return made;
}
