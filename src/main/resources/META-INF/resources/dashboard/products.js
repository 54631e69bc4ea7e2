/** Finds products by name or SKU. */
import { byId, el, list, set, text } from './dom.js';
import { every, settle } from './clock.js';
import { Pages } from './pages.js';
import { Panel, button } from './panel.js';
import * as live from './live.js';
import * as product from './product.js';

const SHOWN = 25;
const found = new Pages('/api/products', SHOWN);
let panel, pending, before = '';

export const chosen = () => {
  const [, sku] = location.hash.match(/^#product\/(.+)$/) ?? [];
  try { return sku === undefined ? null : decodeURIComponent(sku); } catch { return null; }
};

function draw() {
  const open = chosen();
  list(byId('search-results'), found.items, (one) => one.sku,
    (one) => el('li', {}, el('a', { href: `#product/${encodeURIComponent(one.sku)}` }, el('span', { class: 'subject' }, one.sku), el('span', { class: 'name' }), el('span', { class: 'badge' }))),
    (made, one) => {
      const link = made.firstElementChild;
      set(link, 'aria-current', one.sku === open && 'true');
      text(link.querySelector('.name'), one.name);
      text(link.querySelector('.badge'), one.status);
      set(link, 'data-state', one.status);
    });
  byId('search-more').hidden = !found.hasMore;
}

function tell(sought) {
  draw();
  const number = `${found.items.length}${found.next === null ? '' : ' or more'}`;
  text(byId('search-count'), !found.items.length ? (sought ? 'Nothing has this in its name or SKU.' : 'There are no products yet.') : sought ? `${number} found` : '');
}

async function more() {
  try {
    await found.more();
    tell(before);
  } catch (problem) {
    panel.failed(problem);
  }
}

async function search() {
  pending?.abort();
  const mine = pending = new AbortController();
  const sought = byId('search').value.trim();
  if (sought !== before) found.begin(`/api/products${sought ? `?q=${encodeURIComponent(sought)}` : ''}`);
  before = sought;
  try {
    await found.load({ signal: mine.signal });
    if (mine !== pending) return;
    panel.fresh();
    tell(sought);
  } catch (problem) {
    if (!mine.signal.aborted) panel.failed(problem);
  }
}

function onProduct({ payload }) {
  const at = found.items.findIndex((one) => one.sku === payload.sku);
  if (at >= 0 && payload.version >= found.items[at].version) { found.items[at] = payload; draw(); }
}

function open(event) {
  const sku = chosen();
  draw();
  if (sku !== null) product.open(sku, event !== undefined);
}

export function start() {
  panel = new Panel('products', 120_000, true);
  byId('search').addEventListener('input', settle(250, search));
  byId('search-results').after(button('More products', 'viewer', more, { id: 'search-more', class: 'quiet', hidden: true }));
  addEventListener('hashchange', open);
  live.on('product.', onProduct);
  every(60, search);
  open();
}
