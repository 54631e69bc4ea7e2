/** Subscriptions: where each one stands, and its last attempts; they can be paused, resumed, replayed and tested, and get another secret. */
import { byId, el, list, set, text } from './dom.js';
import { call, NamedKeys, show } from './api.js';
import { every, soon } from './clock.js';
import { Panel, button, confirmed, secret } from './panel.js';
import * as format from './format.js';

const SHOWN = 100;

const BARS = 40;
const LISTED = 20;

let rows = [], panel, task;
const attempts = new Map();
/** Of each action on a subscription that is open: it may have been done, and is then not done again. */
const keys = new NamedKeys();

async function act(subscription, what, body) {
  show(panel.find('.problem'), null);
  text(byId('subscriptions-told'), '');
  const name = `${subscription.id} ${what}`;
  try {
    const answer = await call(`/api/subscriptions/${subscription.id}/${what}`, { method: 'POST', body, key: what === 'test' ? undefined : keys.for(name, body ?? {}) });
    keys.settled(name);
    if (what === 'test') tell(subscription, answer);
    if (what === 'rotate-secret') await secretOf(subscription, answer);
  } catch (problem) {
    keys.settled(name, problem);
    show(panel.find('.problem'), problem);
  }
  soon(task);
}

function tell(subscription, tested) {
  const came = tested.delivered ? `took the test message (${tested.status ?? tested.answer})` : `did not take the test message: ${tested.error}`;
  text(byId('subscriptions-told'), `${subscription.name} ${came}, after ${format.count(tested.millis)} ms.`);
}

function secretOf({ name }, answer) {
  const made = answer.secret ?? answer.delivery?.secret;
  if (made) return secret(`The new secret of ${name}`, 'Give it to the receiver. Deliveries are signed with the old one as well for a day.', made);
  text(byId('subscriptions-told'), `${name} got another secret at the first attempt, whose answer was lost: it is told once only. Make another.`);
  return undefined;
}

async function rotate(subscription) {
  if (await confirmed('Make another secret?', `${subscription.name} signs with the new one at once, and with the old one as well for a day.`, 'Make it')) {
    await act(subscription, 'rotate-secret');
  }
}

/** One bar for each of the last attempts, the newest at the right: its height is the number of events. */
function sparkline(all) {
  const last = all.slice(0, BARS).reverse();
  const failed = last.filter((one) => one.error).length;
  const most = Math.max(1, ...last.map((one) => one.events));
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const words = last.length ? `The last ${last.length} attempts: ${last.length - failed} delivered, ${failed} failed` : 'No attempts';
  for (const [name, value] of Object.entries({ class: 'spark', viewBox: `0 0 ${BARS * 3} 20`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words })) svg.setAttribute(name, value);
  last.forEach((one, i) => {
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const height = Math.max(3, Math.round(20 * Math.log1p(one.events) / Math.log1p(most)));
    for (const [name, value] of Object.entries({ class: one.error ? 'bad' : 'good', x: (BARS - last.length + i) * 3, y: 20 - height, width: 2, height })) bar.setAttribute(name, value);
    svg.append(bar);
  });
  return svg;
}

function table(all) {
  const head = ['When', 'Events', 'Answer', 'Took', 'Error'].map((name) => el('th', { scope: 'col' }, name));
  const lines = all.slice(0, LISTED).map((one) => el('tr', {},
    el('td', {}, el('time', { datetime: format.iso(one.at) }, format.time(one.at))),
    el('td', {}, `${format.count(one.events)}${one.position ? ` from position ${format.count(one.position)}` : ''}`),
    el('td', {}, one.status === null ? '–' : String(one.status)), el('td', {}, format.millis(one.millis)),
    el('td', { class: one.error ? 'bad' : '' }, one.error ? format.plain(one.error) : '')));
  return lines.length ? el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, lines)) : el('p', { class: 'muted' }, 'No attempts yet.');
}

const standing = (one) => `${one.lastSuccessAt} ${one.lastErrorAt}`;

/** Reads the attempts of those that have had one since they were read. */
async function readAttempts() {
  for (const one of rows) {
    if (one.delivery.kind === 'pull' || attempts.get(one.id)?.of === standing(one)) continue;
    try {
      attempts.set(one.id, { of: standing(one), all: (await call(`/api/subscriptions/${one.id}/attempts`)).items });
    } catch { /* they are read with the next list */ }
  }
  for (const id of attempts.keys()) if (!rows.some((one) => one.id === id)) attempts.delete(id);
  draw();
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
  text(made.querySelector('.error'), subscription.state === 'disabled' || subscription.held > 0 ? format.plain(subscription.lastError ?? '') : '');
  const known = attempts.get(subscription.id);
  if (known && made.dataset.attempts !== known.of) {
    made.dataset.attempts = known.of;
    made.querySelector('.line').replaceChildren(sparkline(known.all));
    made.querySelector('.attempts .scroll').replaceChildren(table(known.all));
  }
  made.querySelector('.attempts').hidden = pulled;
  made.querySelector('.rotate').hidden = subscription.delivery.kind !== 'webhook';
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
      action('Replay', 'replay', replay), action('Test', 'test', (one) => act(one, 'test')), action('New secret', 'rotate', rotate)),
    el('span', { class: 'facts' }), el('span', { class: 'error' }), el('span', { class: 'line' }),
    el('details', { class: 'attempts' }, el('summary', {}, 'Attempts'),
      el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `The last attempts of ${subscription.name}` })));
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
    await readAttempts();
  } catch (problem) {
    panel.failed(problem);
  }
}

export function start() {
  panel = new Panel('subscriptions', 40_000);
  if (!panel.needs('operator')) return;
  task = every(15, load);
}
