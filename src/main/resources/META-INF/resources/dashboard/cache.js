/** Statistics of the cache on the answering replica, for each level. */
import { byId, el, meter, text } from './dom.js';
import { call } from './api.js';
import { every, soon } from './clock.js';
import { Panel, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';

const HOTTEST = 6;
let panel;

function fact(name, value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

function keyOf(key) {
  const { words, sku } = format.cacheKey(key);
  const named = words.charAt(0).toUpperCase() + words.slice(1);
  return el('span', { class: 'words', title: key }, named, sku ? ' ' : null, sku ? link('product', sku, 30) : null);
}

function draw(stats) {
  const { l1, l2, loads } = stats;
  text(byId('cache-replica'), `on ${stats.replica}`);
  byId('cache-body').replaceChildren(
    el('dl', { class: 'facts-list' },
      fact('In the process', meter(l1.hitRate, format.percent(l1.hitRate))),
      fact('In Redis', l2.reachable === false ? el('span', { class: 'warn' }, 'the last call failed') : meter(l2.hitRate, format.percent(l2.hitRate))),
      fact('Entries', `${format.count(l1.entries)} in ${format.bytesOf(l1.bytes, l1.maximum)}, ${format.compact(l1.evictions)} evicted`),
      fact('Loads', `${format.compact(loads.count)}, ${format.millis(loads.averageMillis)} each, ${format.compact(loads.coalesced)} shared`),
      fact('Failures', `${format.count(loads.failures)} of loads, ${format.count(l2.errors)} of Redis`),
      fact('Stale, negative', `${format.compact(stats.stale)}, ${format.compact(stats.negative)}`),
      fact('Warmed up', stats.warm ? `${format.count(stats.warm.keys)} keys in ${format.millis(stats.warm.millis)}` : 'no')),
    el('h3', {}, 'Hottest keys'),
    stats.hottest?.length
      ? el('ol', { class: 'hottest' }, stats.hottest.slice(0, HOTTEST).map((one) => el('li', {}, keyOf(one.key), el('span', { class: 'number' }, format.compact(one.reads)))))
      : el('p', { class: 'muted' }, 'None yet.'));
}

async function load() {
  try {
    draw(await call('/api/cache/stats'));
    panel.fresh();
  } catch (problem) {
    panel.failed(problem);
  }
}

export function start() {
  panel = new Panel('cache', 30_000);
  if (!panel.needs('operator')) return;
  const task = every(10, load);
  live.on('cache.warm', () => soon(task));
}
