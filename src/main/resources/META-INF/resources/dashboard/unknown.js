/** SKUs that the PMS has sent and that have no product: a person says which product is meant. */
import { byId, el, list, set, text } from './dom.js';
import { call, Keys, show } from './api.js';
import { every, settle, soon } from './clock.js';
import { Pages } from './pages.js';
import { Panel, button } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const OUTCOMES = { applied: 'its count was applied', unchanged: 'its count changed nothing', stale: 'its count was older than the last one' };
const pages = new Pages('/api/pms/unknown-skus?resolved=false', 50);
const keys = new Map();
let panel, task;

function keyOf(id) {
  if (keys.size > 100) keys.clear();
  if (!keys.has(id)) keys.set(id, new Keys());
  return keys.get(id);
}

async function resolve(made) {
  const { one } = made;
  const field = made.querySelector('input');
  const body = { sku: field.value.trim() };
  const kept = keyOf(one.id);
  show(panel.find('.problem'), null);
  text(byId('unknown-said'), '');
  set(field, 'aria-invalid', null);
  try {
    const answer = await call(`/api/pms/unknown-skus/${one.id}/resolve`, { method: 'POST', body, key: kept.for(body) });
    kept.settled();
    text(byId('unknown-said'), `${one.sku} is ${answer.resolvedTo}: ${OUTCOMES[answer.outcome] ?? answer.outcome}.`);
    pages.items = pages.items.filter((each) => each.id !== one.id);
    draw();
  } catch (problem) {
    if (!problem.isOpen) kept.settled();
    set(field, 'aria-invalid', 'true');
    show(panel.find('.problem'), problem);
  }
  soon(task);
}

function create(one) {
  const made = el('li', { class: 'job' }, el('span', { class: 'kind' }, one.sku), el('span', { class: 'badge' }, one.location));
  const form = el('form', { class: 'do' });
  if (session.can('stock')) {
    const submit = button('Resolve', 'stock', () => resolve(made), { 'aria-label': `Resolve ${one.sku}` });
    submit.type = 'submit';
    form.append(el('input', { type: 'text', placeholder: 'SKU of the product', 'aria-label': `SKU of the product that ${one.sku} is`, autocomplete: 'off', spellcheck: 'false', maxlength: '64' }), submit);
    form.addEventListener('submit', (event) => event.preventDefault());
  }
  made.append(form, el('span', { class: 'facts' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  text(made.querySelector('.facts'), `counted ${format.count(one.onHand)} on ${format.date(one.countedAt)} · sent ${one.times === 1 ? 'once' : `${format.count(one.times)} times`}, last ${format.time(one.lastSeen)}`);
}

function draw() {
  list(byId('unknown-list'), pages.items, (one) => one.id, create, fill);
  if (!pages.items.length) byId('unknown-list').replaceChildren(el('li', { class: 'empty muted' }, 'The PMS has sent no SKU that has no product.'));
  byId('unknown-more').hidden = !pages.hasMore;
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
  panel = new Panel('unknown', 90_000);
  byId('unknown-list').after(button('More', 'viewer', more, { id: 'unknown-more', class: 'quiet', hidden: true }));
  task = every(30, load);
  live.on('inventory.synced', settle(500, () => soon(task)));
}
