/** The last 500 events as they arrive, after the last 50 from before, with a filter, and a pause during which new events are counted. */
import * as backlog from './backlog.js';
import { byId, el, list, set, text } from './dom.js';
import { Panel, link } from './panel.js';
import { every, settle } from './clock.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const KEPT = 500;
const SHOWN = 80;
const REDRAW = 250;
/** Those of an operator come after those of everybody. */
const FAMILIES = ['product', 'inventory', 'queue', 'cache', 'error', 'metrics', 'admin'];
const OF_EVERYBODY = 2;

const BEFORE = 50;
const LONGEST_SKU = 24;

const off = new Set(['metrics', 'queue', 'cache']);
let kept = [], shown = null, number = 0, missed = 0, sought = '';

const cached = (key) => { const { words: kind, sku } = format.cacheKey(key); return sku ? `${kind} ${sku}` : kind; };
const job = (p) => `${p.kind} ${p.state}${p.progress ? ` ${p.progress.done ?? 0}/${p.progress.total ?? '?'}` : ''}, attempt ${p.attempt} of ${p.maxAttempts}`;
const WORDS = {
  'product.created': (p) => p.name,
  'product.updated': (p) => `${p.name}: ${(p.changed ?? []).join(', ')}`,
  'product.published': (p) => `${p.name}, version ${p.version}`,
  'inventory.updated': (p) => `${format.signed(p.delta)} → ${format.count(p.onHand)} at ${p.location}, ${p.reason}${p.reference ? ` (${p.reference})` : ''}`,
  'inventory.alert': (p) => `${format.count(p.onHand)} left at ${p.location}, low at ${format.count(p.threshold)}`,
  'inventory.synced': (p) => `${format.count(p.applied)} applied, ${format.count(p.unchanged)} unchanged, ${format.count(p.stale)} stale`,
  'queue.new': job, 'queue.processing': job, 'queue.complete': job,
  'metrics.error': (p) => `${p.state}: ${format.percent(p.rate)} of ${format.count(p.requests)} requests`,
  'metrics.resources': (p) => `heap ${format.bytes(p.heap?.used)}, CPU ${format.percent(p.cpu?.process)}, ${format.count(p.feed?.lag)} behind`,
  'cache.invalid': (p) => `${(p.key ? [p.key] : p.tags ?? []).map(cached).join(', ')} invalidated`,
  'cache.warm': (p) => `${format.count(p.loaded)} of ${format.count(p.keys)} keys in ${format.millis(p.millis)}`,
  'admin.alert': (p) => `${p.title}: ${format.plain(p.detail)}`,
};

/** One line of text for an event. */
function words(type, payload) {
  try {
    if (WORDS[type]) return WORDS[type](payload);
  } catch { /* a payload of another version is shown as JSON */ }
  const plain = payload?.detail ?? payload?.message ?? JSON.stringify(payload ?? {});
  return format.plain(plain).slice(0, 200);
}

const lineOf = (event) => {
  const { type, payload, metadata } = event;
  return { number: ++number, type, family: type.split('.')[0], at: metadata.timestamp, subject: metadata.subject ?? '', actor: metadata.actor ?? '', words: words(type, payload), event };
};

function keep(event) {
  kept.push(lineOf(event));
  if (kept.length > KEPT) kept = kept.slice(-KEPT);
  if (shown !== null) missed++;
  redraw();
}

const matches = (one) => one.mark || (!off.has(one.family)
  && (!sought || `${one.type} ${one.subject} ${one.actor} ${one.words}`.toLowerCase().includes(sought)));

function inspect(one) {
  text(byId('inspect-title'), one.type);
  text(byId('inspect-json'), JSON.stringify(one.event, null, 2));
  byId('inspect').showModal();
}

/** What an event is about, as a link if the page shows it. */
function about({ type, family, subject }) {
  if (family === 'product' || (family === 'inventory' && type !== 'inventory.synced')) return link('product', subject, LONGEST_SKU);
  if (family === 'queue') return link('job', subject);
  const { words: kind, sku } = family === 'cache' ? format.cacheKey(subject) : {};
  if (sku) return link('product', sku, LONGEST_SKU);
  return el('span', { title: subject }, kind ?? format.id(subject));
}

function row(one) {
  if (one.mark) return el('li', { class: 'mark' }, one.words);
  return el('li', { class: 'event' },
    el('time', { datetime: format.iso(one.at) }, format.time(one.at)),
    el('button', { type: 'button', class: `type family-${one.family}`, title: 'Show the event as JSON', on: { click: () => inspect(one) } }, one.type),
    el('span', { class: 'subject' }, about(one)),
    el('span', { class: 'words' }, one.words),
    el('span', { class: 'actor' }, one.actor));
}

function draw() {
  const from = shown ?? kept;
  const rows = [];
  for (let i = from.length - 1; i >= 0 && rows.length < SHOWN; i--) if (matches(from[i])) rows.push(from[i]);
  list(byId('ticker'), rows, (one) => one.number, row);
  text(byId('ticker-count'), shown === null ? '' : `${format.count(missed)} new while paused`);
}
const redraw = settle(REDRAW, draw);

function pause() {
  shown = shown === null ? [...kept] : null;
  missed = 0;
  const button = byId('ticker-pause');
  set(button, 'aria-pressed', String(shown !== null));
  text(button, shown === null ? 'Pause' : 'Resume');
  draw();
}

/** Inserts a line between the events, such as a gap. */
function mark(what) {
  kept.push({ number: ++number, mark: true, words: what });
  redraw();
}

export function start() {
  const panel = new Panel('events', 0);
  panel.judge();
  for (const family of FAMILIES.slice(0, session.can('operator') ? FAMILIES.length : OF_EVERYBODY)) {
    const box = el('input', { type: 'checkbox', value: family, checked: !off.has(family) });
    box.addEventListener('change', () => { if (box.checked) off.delete(family); else off.add(family); draw(); });
    byId('ticker-families').append(el('label', {}, box, el('span', { class: `family-${family}` }, family)));
  }
  byId('ticker-text').addEventListener('input', settle(150, () => { sought = byId('ticker-text').value.trim().toLowerCase(); draw(); }));
  byId('ticker-pause').addEventListener('click', pause);
  live.on('', keep);
  backlog.read((events) => {
    kept = [...events.slice(-BEFORE).map(lineOf), ...kept].slice(-KEPT);
    redraw();
  });
  live.when('alert', (alert) => keep({ type: 'admin.alert', payload: alert, metadata: { timestamp: alert.at, subject: alert.subject, actor: alert.actor } }));
  live.when('reset', (reset) => mark(`Some events are missing here: the service no longer stores those before position ${format.count(reset.oldest)}.`));
  live.when('state', ({ name, before }) => {
    if (name === 'lost') mark(`Disconnected at ${format.time(Date.now())}`);
    if (before === 'lost' && name !== 'lost') mark(`Reconnected at ${format.time(Date.now())}; the missed events of products and stock follow`);
  });
  every(30, draw);
}
