/** Stocks at or below their threshold, with the names of the products. */
import { byId, el, list, meter, set, text } from './dom.js';
import { call } from './api.js';
import { every, settle, soon } from './clock.js';
import { Panel, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as overview from './overview.js';
import * as session from './session.js';

const SHOWN = 100;
let rows = new Map(), more = false, changes = new Map(), panel, task;
const key = (one) => `${one.sku}\n${one.location}`;

const MOST_NAMES = 1_000;
const AT_ONCE = 100;
const LONGEST_SKU = 30;
const names = new Map();
let naming = false;

/** Reads the names that are not known yet, many at once. */
async function readNames() {
  const unknown = [...new Set([...rows.values()].map((one) => one.sku))].filter((sku) => !names.has(sku)).slice(0, AT_ONCE);
  if (naming || !unknown.length) return;
  naming = true;
  try {
    const { items } = await call(`/api/products?${new URLSearchParams(unknown.map((sku) => ['sku', sku]))}`);
    if (names.size > MOST_NAMES) names.clear();
    for (const sku of unknown) names.set(sku, '');
    for (const { sku, name } of items) names.set(sku, name);
    draw();
  } catch { /* the SKUs are shown, and the names are read with the next list */ } finally {
    naming = false;
  }
}

function below({ onHand, threshold }) {
  return onHand === threshold ? 'at its threshold' : `${format.count(threshold - onHand)} below`;
}

function draw() {
  const sorted = [...rows.values()].sort((a, b) => a.onHand / Math.max(1, a.threshold) - b.onHand / Math.max(1, b.threshold) || (a.sku < b.sku ? -1 : 1));
  list(byId('low-stock-list'), sorted, key,
    (one) => el('li', { class: 'stock' }, el('span', { class: 'subject' }, link('product', one.sku, LONGEST_SKU)), el('span', { class: 'level' }),
      el('span', { class: 'name' }), el('span', { class: 'below' })),
    (made, one) => {
      const name = [names.get(one.sku), one.location === 'main' ? '' : `at ${one.location}`].filter(Boolean).join(', ');
      text(made.querySelector('.name'), name);
      set(made.querySelector('.name'), 'title', name || null);
      text(made.querySelector('.below'), below(one));
      const label = `${format.count(one.onHand)} of ${format.count(one.threshold)}`;
      if (made.dataset.label === label) return;
      made.dataset.label = label;
      made.querySelector('.level').replaceChildren(meter(one.onHand / Math.max(1, one.threshold), label, one.onHand <= 0 ? 'bad' : 'warn'));
    });
  if (!rows.size) byId('low-stock-list').replaceChildren(el('li', { class: 'empty muted' }, 'Nothing is low.'));
  text(byId('low-stock-count'), more ? `the first ${SHOWN}` : '');
  if (!session.can('operator')) overview.lowStock(rows.size, more);
  readNames();
}
const redraw = settle(250, draw);

async function load() {
  const since = changes = new Map();
  try {
    const page = await call(`/api/inventory?low=true&limit=${SHOWN}`);
    rows = new Map(page.items.map((one) => [key(one), one]));
    // events received during the request may be newer than its answer
    for (const [name, one] of since) if (one) rows.set(name, one); else rows.delete(name);
    more = page.next !== null;
    panel.fresh();
    draw();
  } catch (problem) {
    panel.failed(problem);
  }
}

function alert({ payload }) {
  if (!rows.has(key(payload)) && rows.size >= SHOWN) more = true;
  else rows.set(key(payload), payload);
  changes.set(key(payload), payload);
  redraw();
}

function moved({ payload }) {
  const known = rows.get(key(payload));
  if (!known) return;
  const now = payload.onHand > known.threshold ? null : { ...known, onHand: payload.onHand };
  if (now) rows.set(key(payload), now); else rows.delete(key(payload));
  changes.set(key(payload), now);
  redraw();
}

export function start() {
  panel = new Panel('low-stock', 90_000, true);
  live.on('inventory.alert', alert);
  live.on('product.', ({ payload }) => { if (names.has(payload.sku)) { names.set(payload.sku, payload.name); redraw(); } });
  live.on('inventory.updated', moved);
  const again = () => soon(task);
  live.when('reset', again);
  live.when('state', ({ name }) => name === 'live' && again());
  // there is no event for a changed threshold
  task = every(30, load);
}
