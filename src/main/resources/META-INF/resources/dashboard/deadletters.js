/** Dead letters: events that a durable handler gave up on. Each can be passed to its handler again. */
import { byId, el, list, set, text } from './dom.js';
import { call, Keys, show } from './api.js';
import { every, soon } from './clock.js';
import { Pages } from './pages.js';
import { Panel, button, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';

const pages = new Pages('/api/events/dead-letters', 50);
/** Of each retry that is open, by the dead letter. */
const keys = new Map();
let panel, task;

async function retry(one) {
  show(panel.find('.problem'), null);
  text(byId('dead-letters-said'), '');
  if (!keys.has(one.id)) keys.set(one.id, new Keys());
  try {
    await call(`/api/events/dead-letters/${one.id}/retry`, { method: 'POST', key: keys.get(one.id).for({}) });
    keys.delete(one.id);
    text(byId('dead-letters-said'), `${one.handler} has processed ${one.event.type} at position ${format.count(one.position)}.`);
    pages.items = pages.items.filter((each) => each.id !== one.id);
    draw();
  } catch (problem) {
    if (!problem.isOpen) keys.delete(one.id);
    show(panel.find('.problem'), problem);
  }
  soon(task);
}

function create(one) {
  const { type, metadata } = one.event;
  const made = el('li', { class: 'job', data: { state: 'discarded' } },
    el('span', { class: 'kind' }, type, ' ', metadata?.subject ? (type === 'inventory.synced' ? format.id(metadata.subject) : link('product', metadata.subject, 30)) : ''),
    el('span', { class: 'badge' }, one.handler),
    el('span', { class: 'do' }, button('Retry', 'operator', () => retry(made.one), { 'aria-label': `Retry ${type} at position ${one.position}` })),
    el('span', { class: 'facts' }), el('span', { class: 'error' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  text(made.querySelector('.facts'), `position ${format.count(one.position)} · given up ${format.date(one.parkedAt)} after ${format.count(one.attempts)} attempts`);
  text(made.querySelector('.error'), format.plain(one.error));
}

function draw() {
  list(byId('dead-letters-list'), pages.items, (one) => one.id, create, fill);
  if (!pages.items.length) byId('dead-letters-list').replaceChildren(el('li', { class: 'empty muted' }, 'There are no dead letters.'));
  byId('dead-letters-more').hidden = !pages.hasMore;
}

async function load() {
  try {
    await pages.load();
    panel.fresh();
    draw();
  } catch (problem) {
    panel.failed(problem);
  }
}

async function more() {
  try { await pages.more(); draw(); } catch (problem) { panel.failed(problem); }
}

export function start() {
  panel = new Panel('dead-letters', 90_000);
  if (!panel.needs('operator')) return;
  byId('dead-letters-list').after(button('More', 'operator', more, { id: 'dead-letters-more', class: 'quiet', hidden: true }));
  task = every(30, load);
  live.when('alert', ({ key }) => key.startsWith('dead-letter:') && soon(task));
}
