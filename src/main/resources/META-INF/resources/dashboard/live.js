/** The WebSocket: passes events to listeners, and shows whether the page is up to date. */
import { follow } from './feed-client.js';
import { every } from './clock.js';
import * as format from './format.js';
import * as session from './session.js';
import { byId, text } from './dom.js';

const VIEWER = ['product.*', 'inventory.*'];
/** Without cache.miss and metrics.request: one for each read or request would drown the other events. */
const OPERATOR = ['queue.*', 'error.*', 'cache.invalid', 'cache.warm', 'metrics.error', 'metrics.resources', 'admin.alert'];
/** The service sends a message at least this often, in milliseconds. */
const SILENCE = 20_000;
const BEHIND = 3_000;

const WORDS = {
  off: 'Not connected', connecting: 'Connecting', live: 'Live', 'catching-up': 'Catching up', quiet: 'No messages', lost: 'Disconnected',
  refused: 'Refused',
};

const wanted = [];
const listeners = { state: [], reset: [], alert: [] };
let client, token, retryAt = 0, lastEventAt = 0, behind = 0, head, why = '';
/** How far the clock here is ahead of the service's. */
let ahead = null;

export const state = { name: 'off', since: Date.now(), lostAt: null };

/** Adds a listener to events whose type has this prefix. */
export const on = (start, listener) => wanted.push([start, listener]);
/** Adds a listener to 'state' changes, to 'reset' when missed events are no longer stored, or to each 'alert'. */
export const when = (what, listener) => listeners[what].push(listener);
const tell = (what, given) => listeners[what].forEach((listener) => listener(given));

export const position = () => client?.position;
/** The service's time now, as far as it is known. */
export const serviceTime = () => Date.now() - (ahead ?? 0);

function become(name) {
  if (state.name === name) return;
  const before = state.name;
  state.name = name;
  state.since = Date.now();
  if (name === 'lost') state.lostAt ??= Date.now();
  if (name === 'live') state.lostAt = null;
  document.body.dataset.link = name;
  text(byId('link-state'), WORDS[name]);
  describe();
  tell('state', { name, before });
}

function describe() {
  const now = Date.now();
  const { name } = state;
  let detail = '';
  if (name === 'live' && client) detail = client.position === undefined ? '' : `position ${format.count(client.position)}`;
  if (name === 'catching-up') detail = behind ? `${format.duration(behind)} behind` : head > client.position ? `${format.count(head - client.position)} events behind` : '';
  if (name === 'quiet') detail = `no message for ${format.duration(now - client.heardAt)}`;
  if (name === 'lost') {
    detail = `for ${format.duration(now - state.lostAt)}, since ${format.time(state.lostAt)}`;
    if (retryAt > now) detail += ` · next attempt in ${format.duration(retryAt - now)}`;
  }
  if (name === 'refused') detail = why;
  text(byId('link-detail'), detail);
  byId('link-retry').hidden = name !== 'lost';
}

function take(event) {
  const at = Date.parse(event.metadata?.timestamp);
  if (!Number.isNaN(at)) {
    const now = Date.now();
    if (ahead === null || now - at < ahead) ahead = now - at;
    const age = now - ahead - at;
    lastEventAt = now;
    behind = age > BEHIND ? age : 0;
    if (behind) become('catching-up');
    else if (state.name !== 'catching-up' || !(head > position())) become('live');
  }
  for (const [start, listener] of wanted) if (event.type.startsWith(start)) listener(event);
}

/** Updates the clock offset and the head from a later answer of the service. */
export function compare(at, latest) {
  const serverTime = Date.parse(at);
  if (!Number.isNaN(serverTime)) ahead = Date.now() - serverTime;
  if (Number.isFinite(latest)) head = latest;
}

let missing = 0;
function check() {
  const now = Date.now();
  if (client && ['live', 'quiet', 'catching-up'].includes(state.name)) {
    const short = head > client.position;
    missing = short ? missing + 1 : 0;
    if (now - client.heardAt > SILENCE) become('quiet');
    else if (missing > 3) { behind = 0; become('catching-up'); }
    else if (!short && now - lastEventAt > 2_000 && now - state.since > 1_000) { behind = 0; become('live'); }
    else if (state.name === 'quiet') become('live');
  }
  describe();
}

function changed(name, detail) {
  if (name === 'following') {
    head = undefined;
    become(state.lostAt === null ? 'live' : 'catching-up');
  } else if (name === 'lost') {
    retryAt = Date.now() + detail.retryIn;
    become('lost');
    // the token of this connection, which may have been replaced since
    if (detail.code === 1008) session.refused('Your token or API key has expired or was revoked.', token);
    else if (detail.problem?.status === 401) session.refused(`The service does not accept your token. ${detail.problem.detail}`, token);
  } else if (state.name === 'off') {
    become('connecting');
  }
  describe();
}

function open() {
  const address = new URL('/ws?batch=true', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  client = follow([address.href], take, {
    token: async () => { token = await session.token(); return token; },
    topics: session.can('operator') ? [...VIEWER, ...OPERATOR] : VIEWER,
    after: client?.position,
    onState: changed,
    onAlert: (alert) => tell('alert', alert),
    onReset: (reset) => tell('reset', reset),
    onGiveUp: gaveUp,
  });
}

function gaveUp({ code, detail }) {
  why = detail || code;
  become('refused');
  // continues with the next token
  if (code === 'unauthenticated') { session.refused(why, token); open(); }
}

export function start() {
  open();
  byId('link-retry').addEventListener('click', () => client.retry());
  addEventListener('online', () => client.retry());
  every(1, check);
}
