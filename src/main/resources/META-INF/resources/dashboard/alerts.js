/** Alerts: those that PostgreSQL still has as jobs, and those that arrive, in the order of their own time. */
import { byId, el, list, text } from './dom.js';
import { call } from './api.js';
import { settle } from './clock.js';
import { Panel, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';

const KEPT = 50;
let kept = [], panel;

const timeOf = (alert) => Date.parse(alert.at) || 0;
/** The same alert is read from PostgreSQL and told by the WebSocket. */
const nameOf = (alert) => `${alert.key}\n${timeOf(alert)}\n${alert.summary}`;

/** A key ends with what it is about, such as a SKU. */
function about(alert) {
  const [, sku] = alert.key.match(/^low-stock:(.+)@[^@]+$/) ?? [];
  return sku === undefined ? el('code', { class: 'key' }, alert.key) : el('a', { class: 'key', href: `#product/${encodeURIComponent(sku)}` }, el('code', {}, alert.key));
}

const JOB = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/;

/** The detail; the job that it names is a link. */
function detail(alert) {
  const words = format.plain(alert.detail);
  const [id] = (alert.key.startsWith('job-discarded:') && words.match(JOB)) || [];
  if (!id) return [words];
  const at = words.indexOf(id);
  return [words.slice(0, at), link('job', id), words.slice(at + id.length)];
}

function draw() {
  list(byId('alerts-list'), kept, nameOf, (alert) => el('li', { class: 'alert', data: { level: alert.severity === 'critical' ? 'bad' : 'warn' } },
    el('time', { datetime: format.iso(alert.at) }), el('span', { class: 'badge' }, alert.severity),
    el('span', { class: 'words' }, el('b', {}, alert.title), ' ', detail(alert), alert.count > 1 ? ` (${format.count(alert.count)} times)` : ''),
    about(alert)),
  (made, alert) => text(made.querySelector('time'), format.time(alert.at)));
  if (!kept.length) byId('alerts-list').replaceChildren(el('li', { class: 'empty muted' }, 'There are no alerts.'));
}

function take(alerts) {
  const all = new Map([...kept, ...alerts].map((alert) => [nameOf(alert), alert]));
  kept = [...all.values()].sort((a, b) => timeOf(b) - timeOf(a)).slice(0, KEPT);
  draw();
}

async function load() {
  try {
    const page = await call(`/api/jobs?kind=admin.alert&limit=${KEPT}`);
    take(page.items.map((job) => job.payload));
    panel.fresh();
  } catch (problem) {
    panel.failed(problem);
  }
}

export function start() {
  panel = new Panel('alerts', 0);
  if (!panel.needs('operator')) return;
  const again = settle(500, load);
  // what was raised while the page was disconnected
  live.when('state', ({ name }) => name === 'live' && again());
  live.when('alert', (alert) => {
    take([alert]);
    text(byId('alert-said'), `Alert: ${alert.title}. ${format.plain(alert.detail)}`);
  });
  load();
}
