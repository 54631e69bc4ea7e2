/** The numbers and charts at the top: traffic, failures, and what needs attention. */
import * as backlog from './backlog.js';
import { byId, el, list, set, text } from './dom.js';
import { every } from './clock.js';
import { Chart } from './chart.js';
import { Panel } from './panel.js';
import { Rate } from './rate.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';
import * as summary from './summary.js';

const OLD = 20_000;
/** An event that arrives later than this, in milliseconds, counts in the second of its timestamp, not in that of its arrival. */
const LATE = 2_000;

const rate = new Rate();
const tiles = new Map();

function tile(key, label, operator) {
  if (operator && !session.can('operator')) return;
  const value = el('span', { class: 'value' }, '–');
  const note = el('span', { class: 'note' });
  const made = el('li', { class: 'tile', id: `tile-${key}` }, el('span', { class: 'label' }, label), value, note);
  byId('tiles').append(made);
  tiles.set(key, { made, value, note });
}

/** level: '', 'good', 'warn' or 'bad'; the note expresses it in words as well. What needs attention besides is marked in the note. */
function fill(key, value, note, level = '', besides = '') {
  const { made, value: number, note: small } = tiles.get(key);
  text(number, value);
  if (small.textContent !== note + besides) small.replaceChildren(note, besides ? el('b', { class: 'warn' }, besides) : '');
  set(made, 'data-level', level || null);
}

const sum = (...numbers) => numbers.reduce((total, number) => total + (number ?? 0), 0);

function requests({ totals, points, step }) {
  const whole = points[points.length - 2] ?? points[points.length - 1];
  fill('requests', format.compact(whole?.requests), `${step === 'PT1H' ? 'an hour' : 'a minute'} · ${format.compact(totals.requests)} ${step === 'PT1H' ? 'a week' : 'an hour'}`);
  fill('latency', format.millis(totals.p95), `p50 ${format.millis(totals.p50)} · p99 ${format.millis(totals.p99)}`);
  fill('hits', format.percent(totals.cacheHitRate), `${format.compact(totals.cacheReads)} reads`);
}

function errors(data) {
  const high = data.state === 'high';
  const note = high
    ? `high since ${format.time(data.since)}, limit ${format.percent(data.threshold)}`
    : data.threshold === null || data.threshold === undefined ? 'normal' : `normal, limit ${format.percent(data.threshold)}`;
  fill('errors', format.percent(data.rate), note, high ? 'bad' : 'good');
}

/** The note of numbers that come from PostgreSQL. */
const UNAVAILABLE = 'PostgreSQL is unavailable';

function jobs({ jobs: data }) {
  if (!data) { fill('jobs', '–', UNAVAILABLE, 'bad'); return; }
  const waiting = sum(data.scheduled, data.available, data.retryable);
  const parts = [`${format.count(waiting)} waiting`];
  if (data.oldestSeconds !== null && data.oldestSeconds !== undefined) parts.push(`oldest ${format.duration(data.oldestSeconds * 1000)}`);
  fill('jobs', `${format.count(data.running)} running`, parts.join(' · '), '', data.discarded ? ` · ${format.count(data.discarded)} discarded` : '');
}

function pms({ pms: data }) {
  if (!data) { fill('pms', '–', UNAVAILABLE, 'bad'); return; }
  const words = { up: ['Up', 'good'], away: ['Down', 'bad'], disabled: ['None', ''] };
  const [word, level] = words[data.state] ?? [data.state, ''];
  fill('pms', word, data.state === 'disabled' ? 'no PMS is configured' : data.since ? `since ${format.time(data.since)}` : 'answers', level);
}

export function lowStock(number, more) {
  if (number === null) { fill('low', '–', UNAVAILABLE, 'bad'); return; }
  fill('low', `${format.count(number)}${more ? '+' : ''}`, number ? 'at their threshold' : 'nothing is low', number ? 'warn' : 'good');
}

function tick() {
  const now = live.serviceTime();
  if (live.state.name === 'live') rate.caughtUp();
  charts.rate.show(rate.series(now));
  const mean = live.state.name === 'lost' ? null : rate.mean(now);
  const head = live.position() ?? summary.latest?.head;
  fill('rate', format.rate(mean), head === undefined ? 'of products and stock' : `position ${format.count(head)}`);
}

const charts = {};

function draw(data) {
  // the current interval is incomplete and would always look like a drop
  const whole = data.points.slice(0, -1);
  const at = whole.map((point) => Date.parse(point.at) / 1000);
  const column = (name) => whole.map((point) => point[name] ?? null);
  charts.requests.show([at, column('requests'), column('errors')]);
  charts.latency.show([at, column('p50'), column('p95'), column('p99')]);
}

const FEW_ROUTES = 10;
const MOST_ROUTES = 50;
let allRoutes = false;

/** The box has the height of its rows: none of them is cut. */
function routes(data) {
  const rows = data.routes.slice(0, allRoutes ? MOST_ROUTES : FEW_ROUTES);
  const more = byId('routes-more');
  more.hidden = data.routes.length <= FEW_ROUTES;
  text(more, allRoutes ? `Only the busiest ${FEW_ROUTES}` : `All ${format.count(Math.min(MOST_ROUTES, data.routes.length))}`);
  set(more, 'aria-expanded', String(allRoutes));
  list(byId('routes-table').tBodies[0], rows, (row) => `${row.method} ${row.route}`,
    (row) => el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'verb' }, row.method), ' ', row.route),
      ...Array.from({ length: 5 }, () => el('td', { class: 'number' }))),
    (made, row) => [format.compact(row.requests), format.compact(row.errors), format.millis(row.p50), format.millis(row.p95), format.millis(row.p99)]
      .forEach((value, i) => text(made.cells[i + 1], value)));
}

export function start() {
  tile('rate', 'Events a second', false);
  tile('requests', 'Requests', true);
  tile('errors', 'Error rate', true);
  tile('latency', 'Latency, p95', true);
  tile('hits', 'Cache hits', true);
  tile('low', 'Low stock', false);
  tile('jobs', 'Jobs', true);
  tile('pms', 'PMS', true);

  const ratePanel = new Panel('rate', 0);
  charts.rate = new Chart(ratePanel.find('.chart'), [{ label: 'events', colour: 'one', fill: true, format: format.rate }],
    { title: 'Events a second, the last five minutes', axis: format.compact, min: 5, empty: 'listening …' });
  const panels = [new Panel('requests', OLD), new Panel('latency', OLD), new Panel('routes', OLD)];
  if (panels.map((panel) => panel.needs('operator')).every(Boolean)) {
    charts.requests = new Chart(panels[0].find('.chart'), [
      { label: 'requests', colour: 'one', fill: true, format: format.compact }, { label: 'errors', colour: 'bad', format: format.compact },
    ], { title: 'Requests and errors', axis: format.compact, min: 5 });
    charts.latency = new Chart(panels[1].find('.chart'), [
      { label: 'p50', colour: 'one', format: format.millis }, { label: 'p95', colour: 'two', format: format.millis },
      { label: 'p99', colour: 'three', format: format.millis, dash: [4, 3] },
    ], { title: 'Latency of requests', axis: format.millis, min: 10 });
    byId('window').addEventListener('change', (event) => summary.look(event.target.value));
  }
  byId('routes-more').addEventListener('click', () => { allRoutes = !allRoutes; if (summary.latest) routes(summary.latest); });
  const overview = new Panel('overview', OLD);
  summary.read({
    take(data) {
      requests(data);
      errors(data.errors);
      jobs(data);
      pms(data);
      lowStock(data.lowStock);
      draw(data);
      routes(data);
      const partly = data.complete === false ? { message: 'of one replica only: Redis is unavailable' } : null;
      for (const panel of [...panels, overview]) {
        panel.fresh();
        if (partly) panel.failed(partly);
      }
    },
    failed: (problem) => [...panels, overview].forEach((panel) => panel.failed(problem)),
  });

  for (const family of ['product.', 'inventory.']) {
    live.on(family, (event) => {
      const now = live.serviceTime();
      const at = Date.parse(event.metadata.timestamp);
      rate.add(now - at > LATE ? at : now);
    });
  }
  backlog.read((events, since) => {
    for (const event of events) if (Date.parse(event.metadata.timestamp) >= since) rate.add(Date.parse(event.metadata.timestamp));
    rate.knownSince(since);
  });
  // the event has the rate of one replica; the summary has that of the cluster
  live.on('metrics.error', () => summary.refresh());
  live.when('state', ({ name }) => {
    const now = live.serviceTime();
    if (name === 'live') { rate.begin(now); rate.caughtUp(); }
    if (name === 'lost') rate.lost(now);
  });
  live.when('reset', () => rate.gap(live.serviceTime()));
  every(1, tick);
}
