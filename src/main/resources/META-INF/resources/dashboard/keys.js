/** API keys, for administrators: who has one, a new one whose text is shown once, and their end. */
import { byId, el, list, set, text } from './dom.js';
import { call, Keys, show } from './api.js';
import { every, soon } from './clock.js';
import { Pages } from './pages.js';
import { Panel, button, confirmed, secret } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const ROLES = { viewer: 'reads', editor: 'changes products', stock: 'changes stock', operator: 'jobs, cache, metrics', admin: 'all' };
const DAY = 86_400_000;
const SOON = 7 * DAY;

const pages = new Pages('/api/keys', 50);
const changes = new Pages('/api/keys/audit', 20);
const keys = new Keys();
let panel, task, bounded = null;

const problem = () => panel.find('.problem');
const input = (name) => byId(`key-${name}`);
const named = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);

function request() {
  const body = { name: input('name').value.trim(), roles: [...byId('key-roles').querySelectorAll('input:checked')].map((box) => box.value) };
  const locations = named(input('locations').value);
  if (locations.length) body.locations = locations;
  return body;
}

function point(violations) {
  for (const name of ['name', 'locations', 'until']) set(input(name), 'aria-invalid', null);
  const inputs = { '/name': 'name', '/locations': 'locations', '/expiresAt': 'until' };
  const wrong = violations.map(({ pointer }) => inputs[`/${pointer.split('/')[1]}`]).filter(Boolean);
  wrong.forEach((name) => set(input(name), 'aria-invalid', 'true'));
  if (wrong.length) input(wrong[0]).focus();
}

async function make() {
  const body = request();
  const days = Number(input('until').value);
  const key = keys.for({ body, days });
  if (days) body.expiresAt = expiry(key, days);
  show(problem(), null);
  text(byId('keys-said'), '');
  try {
    const made = await call('/api/keys', { method: 'POST', body, key });
    keys.settled();
    point([]);
    input('name').value = '';
    soon(task);
    if (made.key) await secret(`The key ${made.name}`, 'Give it to who is to use it.', made.key);
    text(byId('keys-said'), made.key ? `${made.name} can be used now.` : `${made.name} was made before, and its text can't be shown again: revoke it, and make another.`);
  } catch (failure) {
    if (!failure.isOpen) keys.settled();
    show(problem(), failure);
    point(failure.violations ?? []);
  }
}

let expires = { key: null, at: null };

/** The same at each try: a request under the same key must not differ. */
function expiry(key, days) {
  if (expires.key !== key) expires = { key, at: new Date(live.serviceTime() + days * DAY).toISOString() };
  return expires.at;
}

async function revoke(one) {
  const own = session.actor() === `key:${one.name}` ? ' It is the key that you are signed in with.' : '';
  if (!await confirmed(`Revoke the key ${one.name}?`, `Whoever uses it is refused within 5 s, and disconnected. That can't be undone.${own}`, 'Revoke it')) return;
  show(problem(), null);
  text(byId('keys-said'), '');
  try {
    await call(`/api/keys/${encodeURIComponent(one.id)}`, { method: 'DELETE' });
    text(byId('keys-said'), `${one.name} is revoked.`);
  } catch (failure) {
    show(problem(), failure);
  }
  soon(task);
}

function create() {
  const made = el('li', { class: 'job' },
    el('span', { class: 'kind' }), el('span', { class: 'badge' }),
    el('span', { class: 'do' }, button('Revoke', 'admin', () => revoke(made.one), { class: 'revoke' })),
    el('span', { class: 'facts' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  text(made.querySelector('.kind'), one.name);
  set(made.querySelector('.kind'), 'title', one.id);
  set(made.querySelector('.revoke'), 'aria-label', `Revoke ${one.name}`);
  const now = live.serviceTime();
  const end = one.expiresAt ? Date.parse(one.expiresAt) : Infinity;
  set(made, 'data-state', end < now ? 'discarded' : end < now + SOON ? 'retryable' : null);
  text(made.querySelector('.badge'), `${one.roles.join(', ')}${end < now ? ', expired' : end < now + SOON ? `, expires in ${format.duration(end - now)}` : ''}`);
  text(made.querySelector('.facts'), [
    one.locations ? `at ${one.locations.join(', ')} only` : '', `made by ${one.createdBy}, ${format.date(one.createdAt)}`,
    one.lastUsedAt ? `last used ${format.time(one.lastUsedAt)}` : 'never used',
    one.expiresAt ? `${end < now ? 'expired' : 'expires'} ${format.date(one.expiresAt)}` : 'does not expire',
  ].filter(Boolean).join(' · '));
}

function draw() {
  list(byId('keys-list'), pages.items, (one) => one.id, create, fill);
  if (!pages.items.length) byId('keys-list').replaceChildren(el('li', { class: 'empty muted' }, 'There are no API keys.'));
  byId('keys-more').hidden = !pages.hasMore;
  list(byId('keys-changes'), changes.items, (one) => one.id, (one) => el('li', {},
    `${format.date(one.at)}: ${one.actor} ${one.change} `, el('b', {}, one.keyName), ` (${[one.roles.join(', '), ...(one.locations ?? [])].join('; ')})`));
}

async function load() {
  try {
    await Promise.all([pages.load(), changes.load()]);
    panel.fresh();
    draw();
  } catch (failure) {
    panel.failed(failure);
  }
}

async function more() {
  try {
    await pages.more();
    draw();
  } catch (failure) {
    panel.failed(failure);
  }
}

/** A key has no more than its maker: neither roles nor locations. */
async function bound() {
  ({ locations: bounded } = await call('/api/me'));
  if (!bounded) return;
  input('locations').value = bounded.join(', ');
  text(byId('key-bound'), `You may give: ${bounded.join(', ')}.`);
}

export function start() {
  panel = new Panel('keys', 90_000);
  if (!panel.needs('admin')) return;
  byId('key-roles').append(...Object.entries(ROLES).filter(([role]) => session.can(role)).map(([role, does]) =>
    el('label', { title: does }, el('input', { type: 'checkbox', value: role, checked: role === 'viewer' }), el('span', {}, role))));
  const submit = button('Make a key', 'admin', make, { class: 'main', id: 'key-make' });
  submit.type = 'submit';
  byId('key-form').append(submit);
  byId('key-form').addEventListener('submit', (event) => event.preventDefault());
  byId('keys-list').after(button('More keys', 'admin', more, { id: 'keys-more', class: 'quiet', hidden: true }));
  bound().catch(() => {});
  task = every(30, load);
}
