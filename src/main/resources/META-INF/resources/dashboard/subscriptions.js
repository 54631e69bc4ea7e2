/** Subscriptions: where each one stands; they can be paused, resumed, replayed and tested. */
import { byId, el, list, set, text } from './dom.js';
import { call, newKey, show } from './api.js';
import { every, soon } from './clock.js';
import { Panel, button, confirmed } from './panel.js';
import * as format from './format.js';

const SHOWN = 100;

let rows = [], panel, task;

async function act(subscription, what, body) {
  try {
    const answer = await call(`/api/subscriptions/${subscription.id}/${what}`, { method: 'POST', body, key: what === 'test' ? undefined : newKey() });
    show(panel.find('.problem'), null);
    if (what === 'test') tell(subscription, answer);
  } catch (problem) {
    show(panel.find('.problem'), problem);
  }
  soon(task);
}

function tell(subscription, tested) {
  const came = tested.delivered ? `took the test message (${tested.status ?? tested.answer})` : `did not take the test message: ${tested.error}`;
  text(byId('subscriptions-told'), `${subscription.name} ${came}, after ${format.count(tested.millis)} ms.`);
}

async function pause(subscription) {
  if (await confirmed('Pause this subscription?', `${subscription.name} gets nothing until it is resumed; then what it has missed is delivered.`, 'Pause it')) {
    await act(subscription, 'pause');
  }
}

async function replay(subscription) {
  if (await confirmed('Replay all stored events?', `All events that ${subscription.name} matches are delivered again, from the oldest that is stored.`, 'Replay them')) {
    await act(subscription, 'replay', { after: 'oldest' });
  }
}

function facts(subscription) {
  const { delivery, lag, held, lastSuccessAt } = subscription;
  return [
    delivery.url ?? (delivery.topic ? `Kafka: ${delivery.topic}` : delivery.kind), `${format.count(lag)} behind`, held > 0 ? `${format.count(held)} held` : '',
    lastSuccessAt ? `last success ${format.time(lastSuccessAt)}` : 'nothing delivered yet',
  ].filter(Boolean).join(' · ');
}

function fill(made, subscription) {
  made.subscription = subscription;
  const pulled = subscription.delivery.kind === 'pull';
  set(made, 'data-state', subscription.state === 'disabled' ? 'discarded' : subscription.state === 'active' ? 'running' : 'cancelled');
  text(made.querySelector('.badge'), [subscription.state, subscription.reason].filter(Boolean).join(': '));
  text(made.querySelector('.facts'), facts(subscription));
  text(made.querySelector('.error'), subscription.state === 'disabled' || subscription.held > 0 ? subscription.lastError ?? '' : '');
  made.querySelector('.pause').hidden = subscription.state !== 'active';
  made.querySelector('.resume').hidden = subscription.state === 'active';
  made.querySelector('.test').hidden = pulled;
}

function create(subscription) {
  const action = (label, name, click) => button(label, 'operator', () => click(made.subscription), { class: name, 'aria-label': `${label} ${subscription.name}` });
  const made = el('li', { class: 'job' },
    el('span', { class: 'kind', title: subscription.id }, subscription.name), el('span', { class: 'badge' }),
    el('span', { class: 'do' },
      action('Pause', 'pause', pause), action('Resume', 'resume', (one) => act(one, 'resume')),
      action('Replay', 'replay', replay), action('Test', 'test', (one) => act(one, 'test'))),
    el('span', { class: 'facts' }), el('span', { class: 'error' }));
  return made;
}

function draw() {
  list(byId('subscriptions-list'), rows, (one) => one.id, create, fill);
  if (!rows.length) byId('subscriptions-list').replaceChildren(el('li', { class: 'empty muted' }, 'There are no subscriptions.'));
}

async function load() {
  try {
    rows = (await call(`/api/subscriptions?limit=${SHOWN}`)).items;
    panel.fresh();
    draw();
  } catch (problem) {
    panel.failed(problem);
  }
}

export function start() {
  panel = new Panel('subscriptions', 40_000);
  if (!panel.needs('operator')) return;
  task = every(15, load);
}
