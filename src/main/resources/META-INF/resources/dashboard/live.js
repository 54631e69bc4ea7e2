/** The WebSocket: passes events to listeners, and shows whether the page is up to date. */
import { FeedStoppedException, PmsEventsClient } from './pms-events.js';
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
let feed, token, retryAt = 0, lastEventAt = 0, behind = 0, head, why = '';
/** How far the clock here is ahead of the service's. */
let ahead = null;
/** Where the feed has begun; its own position is known once something of it has come. */
let begunAt;

export const state = { name: 'off', since: Date.now(), lostAt: null };

/** Adds a listener to events whose type has this prefix. */
export const on = (start, listener) => wanted.push([start, listener]);
/** Adds a listener to 'state' changes, to 'reset' when missed events are no longer stored, or to each 'alert'. */
export const when = (what, listener) => listeners[what].push(listener);
const tell = (what, given) => listeners[what].forEach((listener) => listener(given));

const reached = () => feed?.position ?? begunAt;
export const position = () => reached()?.position;
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
  if (name === 'live') detail = position() === undefined ? '' : `position ${format.count(position())}`;
  if (name === 'catching-up') detail = behind ? `${format.duration(behind)} behind` : head > position() ? `${format.count(head - position())} events behind` : '';
  if (name === 'quiet') detail = `no message for ${format.duration(now - feed.heardAt)}`;
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
  if (feed && ['live', 'quiet', 'catching-up'].includes(state.name)) {
    const short = head > position();
    missing = short ? missing + 1 : 0;
    if (now - feed.heardAt > SILENCE) become('quiet');
    else if (missing > 3) { behind = 0; become('catching-up'); }
    else if (!short && now - lastEventAt > 2_000 && now - state.since > 1_000) { behind = 0; become('live'); }
    else if (state.name === 'quiet') become('live');
  }
  describe();
}

function changed({ kind, position: from, retryIn, code, problem }) {
  if (kind === 'following') {
    begunAt ??= from;
    head = undefined;
    become(state.lostAt === null ? 'live' : 'catching-up');
  } else if (kind === 'lost') {
    retryAt = Date.now() + retryIn;
    become('lost');
    // the token of this connection, which may have been replaced since
    if (code === 1008) session.refused('Your token or API key has expired or was revoked.', token);
    else if (problem?.status === 401) session.refused(`The service does not accept your token. ${problem.detail}`, token);
  } else if (state.name === 'off') {
    become('connecting');
  }
  describe();
}

async function open() {
  const client = new PmsEventsClient({ addresses: location.origin, token: async () => { token = await session.token(); return token; } });
  const topics = session.can('operator') ? [...VIEWER, ...OPERATOR] : VIEWER;
  feed = client.feed(topics, { transport: 'websocket', after: reached(), onState: changed });
  try {
    for await (const message of feed) {
      try {
        if (message.op === 'alert') tell('alert', message.alert);
        else if (message.op === 'reset') tell('reset', message);
        else take(message);
      } catch (failure) {
        reportError(failure); // of one part of the page, which must not keep the others from what follows
      }
    }
  } catch (stopped) {
    if (!(stopped instanceof FeedStoppedException)) throw stopped;
    why = stopped.detail || stopped.code;
    become('refused');
    // continues with the next token
    if (stopped.code === 'unauthenticated') { session.refused(why, token); open(); }
  }
}

export function start() {
  open();
  byId('link-retry').addEventListener('click', () => feed.retry());
  addEventListener('online', () => feed.retry());
  every(1, check);
}
