/** Dead letters: events that a durable handler gave up on. Each can be passed to its handler again. */
import { byId, el, text } from './dom.js';
import { call, NamedKeys, show } from './api.js';
import { PagedPanel } from './paged-panel.js';
import { button, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';

/** Of each retry that is open, by the dead letter. */
const keys = new NamedKeys();
let panel;

async function retry(one) {
  show(panel.find('.problem'), null);
  text(byId('dead-letters-said'), '');
  try {
    await call(`/api/events/dead-letters/${one.id}/retry`, { method: 'POST', key: keys.for(one.id, {}) });
    keys.settled(one.id);
    text(byId('dead-letters-said'), `${one.handler} has processed ${one.event.type} at position ${format.count(one.position)}.`);
    panel.remove(one.id);
  } catch (problem) {
    keys.settled(one.id, problem);
    show(panel.find('.problem'), problem);
  }
  panel.again();
}

function create(one) {
  const { type, metadata } = one.event;
  const made = el('li', { class: 'job', data: { state: 'discarded' } },
    el('span', { class: 'kind' }, type, ' ', metadata?.subject ? (type === 'inventory.synced' ? format.id(metadata.subject) : link('product', metadata.subject, 30)) : ''),
    el('span', { class: 'badge' }, one.handler),
    el('span', { class: 'do' }, button('Retry', 'operator', () => retry(made.one), { 'aria-label': `Retry ${type} at position ${one.position}` })),
    el('span', { class: 'facts' }), el('span', { class: 'error' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  text(made.querySelector('.facts'), `position ${format.count(one.position)} · given up ${format.date(one.parkedAt)} after ${format.count(one.attempts)} attempts`);
  text(made.querySelector('.error'), format.plain(one.error));
}

export function start() {
  panel = new PagedPanel('dead-letters', '/api/events/dead-letters', 'operator', { empty: 'There are no dead letters.', create, fill });
  if (panel.start()) live.when('alert', ({ key }) => key.startsWith('dead-letter:') && panel.again());
}
