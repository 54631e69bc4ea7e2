/** One product with its stock and its ledger; it can be published, and its stock adjusted. */
import { byId, el, list, set, text } from './dom.js';
import { call, Keys, show } from './api.js';
import { Chart } from './chart.js';
import { settle } from './clock.js';
import { button, confirmed } from './panel.js';
import { adjustment } from './adjustment.js';
import * as format from './format.js';
import * as live from './live.js';

const PAGE = 100;
const MOST = 500;

let view = null, asked = 0, loading = null, missed = false;

export const pathOf = (area, sku) => `/api/${area}/${encodeURIComponent(sku)}`;

/** Shows a product, or reloads it if it is shown already; go moves the focus there. */
export async function open(sku, go = false) {
  const number = ++asked;
  const fresh = view?.sku !== sku;
  loading = sku;
  missed = false;
  if (fresh) close();
  try {
    const [product, page] = await Promise.all([call(pathOf('products', sku)), call(`${pathOf('inventory', sku)}/movements?limit=${PAGE}`)]);
    if (number !== asked) return;
    if (fresh) build(sku);
    view.movements = [...newer(page.items), ...page.items];
    view.next = page.next;
    if (!fresh && view.lost) show(view.problem, view.lost = null);
    take(product);
    await locations();
    if (missed) reload();
    if (go) view.title.focus();
    else if (fresh) byId('products').scrollIntoView();
  } catch (problem) {
    if (number !== asked) return;
    if (!fresh && problem.status !== 404) {
      show(view.problem, view.lost = problem);
      return;
    }
    const box = el('div', { class: 'problem' });
    show(box, problem);
    byId('product').replaceChildren(box);
    close();
  }
}

/** The movements received by events since these were read; both are in order, the newest first. */
function newer(read) {
  const known = new Set(read.map((one) => one.movementId));
  const first = view.movements.findIndex((one) => known.has(one.movementId));
  return view.movements.slice(0, read.length ? Math.max(0, first) : MOST);
}

function close() {
  view?.chart.end();
  view = null;
}

function build(sku) {
  view = {
    sku, product: null, lost: null, stocks: new Map(), location: 'main', movements: [], next: null, keys: new Keys(),
    title: el('h3', { tabindex: '-1', id: 'product-title' }), badge: el('span', { class: 'badge' }),
    facts: el('dl', { class: 'facts-list' }), said: el('p', { class: 'said', role: 'status' }), problem: el('div', { class: 'problem', hidden: true }),
    onHand: el('b', { class: 'on-hand' }), level: el('span', { class: 'muted' }),
    place: el('select', { id: 'location' }), chartBox: el('div', { class: 'chart' }), ledger: el('tbody', {}),
    older: button('Older movements', 'viewer', older, { class: 'quiet' }),
  };
  view.publish = button('Publish', 'editor', publish, { id: 'publish' });
  view.place.addEventListener('change', () => { view.location = view.place.value; draw(); });
  const head = ['When', 'Change', 'On hand', 'At', 'Why', 'Who'].map((name, i) => el('th', { scope: 'col', class: i === 1 || i === 2 ? 'number' : '' }, name));
  view.form = adjustment(view, () => say(''), (answer, movement) => { show(view.problem, null); say(answer, view, movement); reload(); });
  byId('product').replaceChildren(
    el('div', { class: 'product-head' }, view.title, view.badge, view.publish), view.facts, view.said, view.problem,
    el('div', { class: 'stock-head' }, el('label', { for: 'location' }, 'Stock at'), view.place, view.onHand, view.level),
    el('div', { class: 'product-body' },
      el('div', {}, view.chartBox,
        el('div', { class: 'scroll ledger', tabindex: '0', role: 'region', 'aria-label': 'The ledger, the newest movement first' },
          el('table', {}, el('caption', { class: 'unseen' }, 'The ledger'), el('thead', {}, el('tr', {}, head)), view.ledger)), view.older),
      view.form.element));
  view.chart = new Chart(view.chartBox, [
    { label: 'on hand', colour: 'one', fill: true, steps: true, format: format.count }, { label: 'low at', colour: 'two', dash: [5, 4], format: format.count },
  ], { title: 'On hand after each movement', axis: format.compact, min: 5, height: 190, empty: 'no movements yet' });
}

function fact(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

/** What came of a change here; it goes at the next change, whoever makes it. */
function say(words, of = view, movement = null) {
  text(of.said, words);
  of.movement = movement;
}

function take(product) {
  if (view.product && product.version < view.product.version) return;
  if (view.product && product.version > view.product.version) say('');
  view.product = product;
  text(view.title, product.name);
  text(view.badge, product.status);
  set(view.badge, 'data-state', product.status);
  view.publish.hidden = product.status === 'archived';
  text(view.publish, product.status === 'published' ? 'Sync with the PMS' : 'Publish');
  view.facts.replaceChildren(
    fact('SKU', el('code', {}, product.sku)), fact('Price', `${product.price.amount} ${product.price.currency}`), fact('Version', format.count(product.version)),
    fact('Published', format.date(product.publishedAt)), fact('Changed', format.date(product.updatedAt)), fact('Tags', product.tags.join(', ') || '–'));
}

/** The stock at each location in the ledger. */
async function locations() {
  const mine = view;
  const places = [...new Set(['main', ...mine.movements.map((one) => one.location)])];
  await Promise.all(places.map(async (place) => {
    try {
      const read = await call(`${pathOf('inventory', mine.sku)}?location=${encodeURIComponent(place)}`);
      // an event may have brought a newer stock since the request
      if (!(mine.stocks.get(place)?.version > read.version)) mine.stocks.set(place, read);
    } catch (problem) {
      if (problem.status !== 404) show(mine.problem, problem);
    }
  }));
  if (mine === view) draw();
}

function draw() {
  const places = [...view.stocks.keys()];
  list(view.place, places, (place) => place, (place) => el('option', { value: place }, place));
  if (!places.includes(view.location) && places.length) view.location = places[0];
  view.place.value = view.location;
  const stock = view.stocks.get(view.location);
  const low = stock && stock.threshold !== null && stock.onHand <= stock.threshold;
  text(view.onHand, format.count(stock?.onHand));
  text(view.level, stock === undefined ? '' : stock.threshold === null ? 'never low' : low ? `low, at or below ${format.count(stock.threshold)}` : `low at ${format.count(stock.threshold)}`);
  set(view.onHand, 'data-level', low ? 'warn' : null);
  view.form.refresh();
  const here = view.movements.filter((one) => one.location === view.location);
  list(view.ledger, view.movements, (one) => one.movementId, (one) => el('tr', {},
    el('th', { scope: 'row' }, el('time', { datetime: format.iso(one.timestamp) }, format.date(one.timestamp))),
    el('td', { class: 'number' }, format.signed(one.delta)), el('td', { class: 'number' }, format.count(one.onHand)),
    el('td', {}, one.location), el('td', {}, one.reason, one.reference ? ` (${one.reference})` : ''), el('td', {}, one.actor)));
  view.older.hidden = view.next === null || view.movements.length >= MOST;
  view.chart.show(ledger([...here].reverse(), stock));
}

/** On hand over time, up to now; several movements of one second keep their order. */
function ledger(movements, stock) {
  const at = [], onHand = [];
  for (const one of movements) {
    const second = Date.parse(one.timestamp) / 1000;
    at.push(at.length && second <= at[at.length - 1] ? at[at.length - 1] + 0.001 : second);
    onHand.push(one.onHand);
  }
  const now = live.serviceTime() / 1000;
  if (at.length && now > at[at.length - 1]) {
    at.push(now);
    onHand.push(stock?.onHand ?? onHand[onHand.length - 1]);
  }
  return [at, onHand, at.map(() => stock?.threshold ?? null)];
}

async function older() {
  const mine = view;
  try {
    const page = await call(`${pathOf('inventory', mine.sku)}/movements?limit=${PAGE}&after=${encodeURIComponent(mine.next)}`);
    if (mine !== view) return;
    mine.movements = [...mine.movements, ...page.items].slice(0, MOST);
    mine.next = page.next;
    await locations();
  } catch (problem) {
    if (mine === view) show(mine.problem, problem);
  }
}

async function publish() {
  const mine = view;
  const { sku, version, status } = mine.product;
  const published = status === 'published';
  if (!await (published
    ? confirmed(`Sync ${sku} with the PMS?`, 'It is published already, and stays as it is. It is sent to the PMS if the PMS does not have it.', 'Sync it')
    : confirmed(`Publish ${sku}?`, 'It is sent to the PMS and to all listeners. Publishing can\'t be undone.', 'Publish it'))) return;
  say('', mine);
  show(mine.problem, null);
  try {
    const answer = await call(`${pathOf('products', sku)}/publish`, { method: 'POST', key: mine.keys.for(`publish ${version}`) });
    mine.keys.settled();
    const words = published
      ? { synced: 'The PMS has it.', pending: 'It is being sent to the PMS.', disabled: 'Nothing was sent: no PMS is configured.' }
      : { synced: 'Published, and the PMS has it.', pending: 'Published; not sent to the PMS yet.', disabled: 'Published; no PMS is configured.' };
    if (mine === view) take(answer);
    say(words[answer.pmsSync] ?? 'Published.', mine);
  } catch (problem) {
    if (!problem.isOpen) mine.keys.settled();
    show(mine.problem, problem);
  }
}

const reload = settle(500, () => view && open(view.sku));

/** An event that arrives while a product is loaded for the first time may be newer than the answer. */
const early = (payload) => { missed ||= !view?.product && payload.sku === loading; };

live.on('product.', ({ payload }) => {
  early(payload);
  if (view?.product && payload.sku === view.sku) take(payload);
});
live.on('inventory.updated', ({ payload, metadata }) => {
  early(payload);
  if (!view?.product || payload.sku !== view.sku) return;
  const stock = view.stocks.get(payload.location);
  if (!stock) { reload(); return; }
  if (stock.version >= payload.version && view.movements.some((one) => one.movementId === payload.movementId)) return;
  if (payload.version > stock.version) view.stocks.set(payload.location, { ...stock, onHand: payload.onHand, version: payload.version });
  if (!view.movements.some((one) => one.movementId === payload.movementId)) {
    // the event of a change may come after its answer
    if (payload.movementId !== view.movement) say('');
    view.movements = [{ ...payload, actor: metadata.actor, timestamp: metadata.timestamp }, ...view.movements].slice(0, MOST);
  }
  redraw();
});
const redraw = settle(200, () => view?.product && draw());
live.when('reset', () => reload());
live.when('state', ({ name }) => name === 'live' && view?.lost && reload());
