/** The alerts received since the page was opened. */
import { byId, el, list, text } from './dom.js';
import { Panel } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';

const KEPT = 50;
let kept = [], number = 0;

function draw() {
  list(byId('alerts-list'), kept, (alert) => alert.number, (alert) => el('li', { class: 'alert', data: { level: alert.severity === 'critical' ? 'bad' : 'warn' } },
    el('time', { datetime: format.iso(alert.at) }, format.time(alert.at)),
    el('span', { class: 'badge' }, alert.severity),
    el('span', { class: 'words' }, el('b', {}, alert.title), ' ', alert.detail, alert.count > 1 ? ` (${format.count(alert.count)} times)` : ''),
    el('code', { class: 'actor' }, alert.key)));
}

export function start() {
  const panel = new Panel('alerts', 0);
  if (!panel.needs('operator')) return;
  byId('alerts-list').append(el('li', { class: 'empty muted' }, 'None so far.'));
  live.when('alert', (alert) => {
    kept = [{ ...alert, number: ++number }, ...kept].slice(0, KEPT);
    draw();
    text(byId('alert-said'), `Alert: ${alert.title}. ${alert.detail}`);
  });
}
