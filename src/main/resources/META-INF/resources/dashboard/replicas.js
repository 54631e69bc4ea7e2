/** The replicas of the service: whether they run, their lag, and their resources. */
import { byId, el, list, meter, set, text } from './dom.js';
import { every } from './clock.js';
import { Panel } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as summary from './summary.js';

const GONE = 16_000;
const FORGOTTEN = 600_000;
const MOST = 50;
const COLUMNS = 10;

const replicas = new Map();
let head;

/** Stores the state of a replica, from an event or from the summary; the newer one counts. */
function note(name, seenAt, resources, from) {
  const known = replicas.get(name);
  if (known && known.seenAt > seenAt) return;
  replicas.set(name, { name, seenAt, resources: resources ?? known?.resources ?? {}, startedAt: from.startedAt ?? known?.startedAt, lag: from.lag ?? resources?.feed?.lag });
  while (replicas.size > MOST) replicas.delete([...replicas.values()].sort((a, b) => a.seenAt - b.seenAt)[0].name);
}

const share = (used, of) => (of > 0 ? used / of : 0);
const level = (value) => (value > 0.9 ? 'bad' : value > 0.75 ? 'warn' : '');
const gauge = (value, label) => meter(value, label, level(value));

function cells({ resources: r, lag, startedAt }) {
  const pg = r.postgresql ?? {};
  return [
    el('span', { class: lag > 100 ? 'warn' : '' }, lag === undefined || lag === null ? '–' : lag > 0 ? `${format.count(lag)} events` : 'no'),
    gauge(r.cpu?.process, format.percent(r.cpu?.process)),
    gauge(share(r.heap?.used, r.heap?.max), format.bytesOf(r.heap?.used, r.heap?.max)),
    r.rss?.limit ? gauge(share(r.rss.used, r.rss.limit), format.bytesOf(r.rss.used, r.rss.limit)) : format.bytes(r.rss?.used),
    el('span', { class: level(r.eventLoopLagMillis / 200) }, format.millis(r.eventLoopLagMillis)),
    gauge(share(pg.active, pg.max), `${format.count(pg.active)} of ${format.count(pg.max)}${pg.waiting ? `, ${format.count(pg.waiting)} waiting` : ''}`),
    r.redis?.reachable === false ? el('span', { class: 'bad' }, 'unavailable') : format.millis(r.redis?.latencyMillis),
    `${format.count(r.websocket?.connections)}${r.websocket?.queuedBytes ? ` · ${format.bytes(r.websocket.queuedBytes)}` : ''}`,
    format.count(r.jobs?.running),
    startedAt ? format.duration(live.serviceTime() - Date.parse(startedAt)) : '–',
  ];
}

function draw() {
  const now = live.serviceTime();
  for (const one of replicas.values()) if (now - one.seenAt > FORGOTTEN) replicas.delete(one.name);
  const rows = [...replicas.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  list(byId('replicas-table').tBodies[0], rows, (one) => one.name,
    (one) => el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'name' }, one.name), el('span', { class: 'gone' })), Array.from({ length: COLUMNS }, (_, i) => el('td', { class: [0, 4, 6, 7, 8].includes(i) ? 'number' : '' }))),
    (made, one) => {
      const age = now - one.seenAt;
      set(made, 'data-old', age > GONE);
      text(made.querySelector('.gone'), age > GONE ? ` silent for ${format.duration(age)}` : '');
      if (made.dataset.seen !== `${one.seenAt}`) {
        made.dataset.seen = `${one.seenAt}`;
        cells(one).forEach((cell, i) => made.cells[i + 1].replaceChildren(cell));
      }
    });
  text(byId('head'), head === undefined ? '' : `the feed is at ${format.count(head)}`);
}

export function start() {
  const panel = new Panel('replicas', 20_000);
  if (!panel.needs('operator')) return;
  summary.read({
    take(data) {
      head = data.head;
      data.replicas.forEach((one) => note(one.replica, Date.parse(one.seenAt), one.resources, one));
      panel.fresh();
      draw();
    },
    failed: (problem) => panel.failed(problem),
  });
  live.on('metrics.resources', ({ payload, metadata }) => {
    note(payload.replica, Date.parse(metadata.timestamp), payload, { startedAt: payload.startedAt, lag: payload.feed?.lag });
    panel.fresh();
    draw();
  });
  every(5, draw);
}
