/** Finds products by name or SKU. */
import { byId, el, list, set, text } from './dom.js';
import { call } from './api.js';
import { every, settle } from './clock.js';
import { Panel } from './panel.js';
import * as live from './live.js';
import * as product from './product.js';

const SHOWN = 25;
let panel, pending, found = [];

export const chosen = () => {
  const [, sku] = location.hash.match(/^#product\/(.+)$/) ?? [];
  try { return sku === undefined ? null : decodeURIComponent(sku); } catch { return null; }
};

function draw() {
  const open = chosen();
  list(byId('search-results'), found, (one) => one.sku,
    (one) => el('li', {}, el('a', { href: `#product/${encodeURIComponent(one.sku)}` }, el('span', { class: 'subject' }, one.sku), el('span', { class: 'name' }), el('span', { class: 'badge' }))),
    (made, one) => {
      const link = made.firstElementChild;
      set(link, 'aria-current', one.sku === open && 'true');
      text(link.querySelector('.name'), one.name);
      text(link.querySelector('.badge'), one.status);
      set(link, 'data-state', one.status);
    });
}

async function search() {
  pending?.abort();
  const mine = pending = new AbortController();
  const sought = byId('search').value.trim();
  try {
    const page = await call(`/api/products?limit=${SHOWN}${sought ? `&q=${encodeURIComponent(sought)}` : ''}`, { signal: mine.signal });
    if (mine !== pending) return;
    found = page.items;
    panel.fresh();
    draw();
    const number = `${found.length}${page.next === null ? '' : ' or more'}`;
    text(byId('search-count'), !found.length ? (sought ? 'Nothing has this in its name or SKU.' : 'There are no products yet.') : sought ? `${number} found` : '');
  } catch (problem) {
    if (!mine.signal.aborted) panel.failed(problem);
  }
}

function onProduct({ payload }) {
  const at = found.findIndex((one) => one.sku === payload.sku);
  if (at >= 0 && payload.version >= found[at].version) { found[at] = payload; draw(); }
}

function open(event) {
  const sku = chosen();
  draw();
  if (sku !== null) product.open(sku, event !== undefined);
}

export function start() {
  panel = new Panel('products', 120_000, true);
  byId('search').addEventListener('input', settle(250, search));
  addEventListener('hashchange', open);
  live.on('product.', onProduct);
  every(60, search);
  open();
}
