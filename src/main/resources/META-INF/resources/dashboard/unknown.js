/** SKUs that the PMS has sent and that have no product: a person says which product is meant. */
import { byId, el, set, text } from './dom.js';
import { call, NamedKeys, show } from './api.js';
import { settle } from './clock.js';
import { PagedPanel } from './paged-panel.js';
import { button } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const OUTCOMES = { applied: 'its count was applied', unchanged: 'its count changed nothing', stale: 'its count was older than the last one' };
const keys = new NamedKeys();
let panel;

async function resolve(made) {
  const { one } = made;
  const field = made.querySelector('input');
  const body = { sku: field.value.trim() };
  show(panel.find('.problem'), null);
  text(byId('unknown-said'), '');
  set(field, 'aria-invalid', null);
  try {
    const answer = await call(`/api/pms/unknown-skus/${one.id}/resolve`, { method: 'POST', body, key: keys.for(one.id, body) });
    keys.settled(one.id);
    text(byId('unknown-said'), `${one.sku} is ${answer.resolvedTo}: ${OUTCOMES[answer.outcome] ?? answer.outcome}.`);
    panel.remove(one.id);
  } catch (problem) {
    keys.settled(one.id, problem);
    set(field, 'aria-invalid', 'true');
    show(panel.find('.problem'), problem);
  }
  panel.again();
}

function create(one) {
  const made = el('li', { class: 'job' }, el('span', { class: 'kind' }, one.sku), el('span', { class: 'badge' }, one.location));
  const form = el('form', { class: 'do' });
  if (session.can('stock')) {
    const submit = button('Resolve', 'stock', () => resolve(made), { 'aria-label': `Resolve ${one.sku}` });
    submit.type = 'submit';
    form.append(el('input', { type: 'text', placeholder: 'SKU of the product', 'aria-label': `SKU of the product that ${one.sku} is`, autocomplete: 'off', spellcheck: 'false', maxlength: '64' }), submit);
    form.addEventListener('submit', (event) => event.preventDefault());
  }
  made.append(form, el('span', { class: 'facts' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  text(made.querySelector('.facts'), `counted ${format.count(one.onHand)} on ${format.date(one.countedAt)} · sent ${one.times === 1 ? 'once' : `${format.count(one.times)} times`}, last ${format.time(one.lastSeen)}`);
}

export function start() {
  panel = new PagedPanel('unknown', '/api/pms/unknown-skus?resolved=false', 'viewer', { empty: 'The PMS has sent no SKU that has no product.', create, fill });
  if (panel.start()) live.on('inventory.synced', settle(500, () => panel.again()));
}
