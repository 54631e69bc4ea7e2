/**
 * The JavaScript client of PMS Events: REST calls, the feed, and copies of products and stock, for browsers, Node 20 or newer and Deno.
 * Needs nothing else. The types are in pms-events.d.ts.
 */

const KEY = 'Idempotency-Key';
/** Answers that ask to come again. */
const PASSING = [408, 429, 503];
/** The same request would be answered so again: a wrong request, a missing role, a wrong path. */
const FINAL_STATUSES = [400, 403, 404];
/** The same again would end the same: what was sent can't be read, or is too large. */
const FINAL_CODES = [4400, 1009];
const TOO_MANY_MESSAGES = 4429;
const MOST_REFUSED_TOKENS = 3;
/** How long a connection may take to open, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const LONGEST_BLOCK = 1 << 20;

/** An idempotency key: a request is executed once under it, however often it is sent. */
export function newKey() {
  // not randomUUID, which pages that came over plain HTTP don't have
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The key of a stock in a copy: SKU and location, neither of which has a slash. */
export const stockKey = (sku, location) => `${sku}/${location}`;

/** The service has refused a request, or has not answered (status 0). Decide by the code. */
export class ProblemException extends Error {
  constructor(status, code, detail, problem = {}) {
    super(`${status} ${code}: ${detail}`);
    Object.assign(this, { name: 'ProblemException', status, code, detail, problem });
  }
}

/** A feed or a copy has stopped because another attempt would fail in the same way. */
export class FeedStoppedException extends Error {
  constructor(code, detail) {
    super(`${code}: ${detail}`);
    Object.assign(this, { name: 'FeedStoppedException', code, detail });
  }
}

/** A place in the feed. Positions can be compared within an epoch only. */
export class FeedPosition {
  constructor(epoch, position) {
    Object.assign(this, { epoch, position });
  }

  /** Parses "<epoch>:<position>", as in Feed-Position and in the ids of server-sent events. */
  static parse(text) {
    const colon = text.lastIndexOf(':');
    return new FeedPosition(colon < 0 ? undefined : text.slice(0, colon), Number(text.slice(colon + 1)));
  }

  toString() {
    return this.epoch === undefined ? String(this.position) : `${this.epoch}:${this.position}`;
  }
}

/** Pauses between attempts: doubled after each failure, and spread by chance so that many clients do not come back at once. */
class Pauses {
  #shortest; #longest; #failures = 0;

  constructor([shortest, longest] = [100, 5_000]) {
    this.#shortest = shortest;
    this.#longest = longest;
  }

  reset() { this.#failures = 0; }

  next() { return spread(Math.min(this.#longest, this.#shortest * 2 ** Math.min(this.#failures++, 20))); }

  longest() { return spread(this.#longest); }
}

const spread = (millis) => millis * (0.5 + Math.random() / 2);

const sleep = (millis, signal) => new Promise((resolve, reject) => {
  const aborted = () => { clearTimeout(timer); reject(signal.reason); };
  const timer = setTimeout(() => { signal?.removeEventListener('abort', aborted); resolve(); }, millis);
  if (signal?.aborted) aborted();
  else signal?.addEventListener('abort', aborted, { once: true });
});

async function problemOf(response) {
  let problem;
  try { problem = JSON.parse(await response.text()); } catch { /* it was not the service that answered, or not to its end */ }
  const { status } = response;
  return typeof problem?.code === 'string'
    ? new ProblemException(status, problem.code, problem.detail ?? problem.title ?? '', problem)
    : new ProblemException(status, String(status), `The answer was ${status}.`);
}

const noAnswer = (detail) => new ProblemException(0, 'no-answer', detail, { title: 'No answer', code: 'no-answer', detail });

/** A successful answer. */
class Answer {
  constructor(response, text) {
    this.status = response.status;
    this.headers = response.headers;
    /** As it was sent: JSON.parse may lose digits of a number. */
    this.text = text;
  }

  /** Parsed, or null if there is none. */
  get body() { return this.text === '' ? null : JSON.parse(this.text); }

  /** The version of a product, for If-Match. */
  get etag() { return this.headers.get('ETag'); }

  /** A lower bound of the events that the answer has seen; null if the replica does not know it at this moment. */
  get feedPosition() {
    const seen = this.headers.get('Feed-Position');
    return seen === null ? null : FeedPosition.parse(seen);
  }
}

/**
 * The REST API of one or several replicas. A read, and a change with an Idempotency-Key, is sent again, to the next replica, for as long
 * as there is no answer, or one that asks to come again, within the patience. Such a change takes effect once.
 */
export class PmsEventsClient {
  #addresses; #token; #timeout; #patience; #next = 0;

  /** options: {addresses, token, timeout, patience}; token is a string, or a function that is asked before each request and connection. */
  constructor({ addresses, token = '', timeout = 20_000, patience = 30_000 }) {
    this.#addresses = [addresses].flat().map((address) => new URL(address));
    if (!this.#addresses.length) throw new TypeError('At least one address is needed.');
    this.#token = typeof token === 'function' ? token : () => token;
    this.#timeout = timeout;
    this.#patience = patience;
  }

  /** Reads. The path may have a query. */
  get(path, options) { return this.request('GET', path, undefined, options); }

  /** Changes, with a key of the caller's, who may repeat the call after a crash, or a new one. */
  post(path, body, idempotencyKey = newKey(), options = {}) {
    return this.request('POST', path, body, { ...options, headers: { ...options.headers, [KEY]: idempotencyKey } });
  }

  /** Sends any request whose answer is JSON. A body that is a string, a Blob or bytes is sent as it is. */
  async request(method, path, body, options = {}) {
    return this.#sent(method, path, body, options, async (response) => new Answer(response, await response.text()));
  }

  /** The content of an answer as a Blob, such as an export. */
  async download(path, options = {}) {
    return this.#sent('GET', path, undefined, options, (response) => response.blob());
  }

  async #sent(method, path, body, { headers, signal, timeout = this.#timeout } = {}, read) {
    const sent = new Headers(headers);
    if (body !== undefined && !sent.has('Content-Type')) sent.set('Content-Type', 'application/json');
    const repeatable = method === 'GET' || sent.has(KEY);
    const given = typeof body === 'string' || body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
    const content = body === undefined || given ? body : JSON.stringify(body);
    const end = Date.now() + this.#patience, pauses = new Pauses();
    for (;;) {
      let failure, pause = pauses.next();
      const late = timeout > 0 && timeout < Infinity ? AbortSignal.timeout(timeout) : undefined;
      const ends = [signal, late].filter(Boolean);
      const address = this.#address(path);
      if (!headers || !new Headers(headers).has('Authorization')) sent.set('Authorization', `Bearer ${await this.#token()}`);
      try {
        const response = await fetch(address, { method, headers: sent, body: content, cache: 'no-store', signal: ends.length ? AbortSignal.any(ends) : undefined });
        if (response.ok) return await read(response);
        failure = await problemOf(response);
        const after = response.headers.get('Retry-After');
        if (/^\d{1,4}$/.test(after ?? '')) pause = Number(after) * 1000;
      } catch (lost) {
        if (signal?.aborted) throw signal.reason;
        failure = noAnswer(late?.aborted ? `There was no answer within ${timeout / 1000} s.` : `The service can not be reached: ${lost.cause?.message ?? lost.message}`);
        failure.cause = lost;
      }
      const passing = failure.status === 0 || PASSING.includes(failure.status) || failure.code === 'idempotency-key-busy';
      if (!repeatable || !passing || Date.now() + pause > end) throw failure;
      await sleep(pause, signal);
    }
  }

  /** The next replica's address of a path; the token goes nowhere else. */
  #address(path) {
    const base = this.#addresses[this.#next++ % this.#addresses.length];
    const address = new URL(path, base);
    if (address.origin !== base.origin) throw new TypeError(`${path} is not a path of the service.`);
    return address;
  }

  /** Reads a product; its ETag is in the answer. */
  product(sku) { return this.get(`/api/products/${encodeURIComponent(sku)}`); }

  /** Creates a product, a draft. Refused with product-exists if there is one. */
  async createProduct(product, idempotencyKey) { return (await this.post('/api/products', product, idempotencyKey)).body; }

  /** Changes parts of a product (RFC 7396). Another version than that of the ETag is refused with version-mismatch. */
  patchProduct(sku, patch, etag) {
    return this.request('PATCH', `/api/products/${encodeURIComponent(sku)}`, patch, { headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': etag } });
  }

  /** Publishes a product; the answer has pmsSync. */
  async publish(sku, idempotencyKey) { return (await this.post(`/api/products/${encodeURIComponent(sku)}/publish`, undefined, idempotencyKey)).body; }

  /** Reads the stock of a product at a location. */
  async stock(sku, location = 'main') { return (await this.get(`/api/inventory/${encodeURIComponent(sku)}?location=${encodeURIComponent(location)}`)).body; }

  /** Adds to a stock, or takes from it: {delta, reason, reference?, location?, expectedOnHand?, occurredAt?}. */
  async adjust(sku, adjustment, idempotencyKey) { return (await this.post(`/api/inventory/${encodeURIComponent(sku)}/adjustments`, adjustment, idempotencyKey)).body; }

  /** Sets a stock to what was counted: {onHand, reason, reference?, location?}. */
  async count(sku, count, idempotencyKey = newKey()) {
    return (await this.request('PUT', `/api/inventory/${encodeURIComponent(sku)}`, count, { headers: { [KEY]: idempotencyKey } })).body;
  }

  /** The feed of these topics, such as product.*, to be iterated by for await. */
  feed(topics, options = {}) {
    return new Feed([topics].flat(), options, (path) => this.#address(path), async () => this.#token());
  }
}

/**
 * The feed: each event once and in the order of positions, however often the connection is lost, because it resumes after the last one
 * that has arrived. An async iterator of events, of {op: 'reset', epoch, oldest, head} where events are missing, and of {op: 'alert', alert}.
 * It ends by close() or by leaving the loop; it throws a FeedStoppedException when another attempt would fail as well. Nothing is
 * connected before the first next().
 */
class Feed {
  #topics; #subjects; #buffer; #heartbeat; #pauses; #onState; #addressOf; #token; #transport;
  /** What has arrived and was not taken; an entry without a message is a place that has been reached. */
  #queue = []; #taken; #arrived; #position;
  #waiting = []; #started = false; #ended = new AbortController(); #why; #skipPause; #heardAt = 0;

  constructor(topics, { subjects = [], after, buffer = 1_000, heartbeat = 15_000, pauses, onState, transport }, addressOf, token) {
    this.#topics = topics;
    this.#subjects = subjects;
    this.#buffer = buffer;
    this.#heartbeat = heartbeat;
    this.#pauses = new Pauses(pauses);
    this.#onState = onState;
    this.#addressOf = addressOf;
    this.#token = token;
    this.#transport = transport ?? (globalThis.WebSocket ? 'websocket' : 'stream');
    if (!['websocket', 'stream'].includes(this.#transport)) throw new TypeError('transport must be websocket or stream.');
    if (after !== undefined && after !== null) this.#arrived = this.#position = after instanceof Object ? new FeedPosition(after.epoch, after.position) : FeedPosition.parse(String(after));
  }

  /** The last place that has been dealt with: the caller has asked for what comes after it. Undefined until it is known. */
  get position() { return this.#position; }

  /** The time of the last message, in milliseconds since 1970. */
  get heardAt() { return this.#heardAt; }

  /** Connects at once if the feed waits for the next attempt. */
  retry() { this.#skipPause?.(); }

  close() {
    this.#ended.abort();
    this.#queue = [];
    this.#wake();
  }

  [Symbol.asyncIterator]() { return this; }

  async return() {
    this.close();
    return { done: true, value: undefined };
  }

  async next() {
    this.#reach(this.#taken);
    this.#taken = undefined;
    if (!this.#started) { this.#started = true; this.#run().catch((failure) => this.#fail(failure)); }
    for (;;) {
      const entry = this.#queue.shift();
      if (entry?.message) {
        this.#taken = entry.at;
        this.#wake();
        return { done: false, value: entry.message };
      } else if (entry) {
        this.#reach(entry.at);
      } else if (this.#why) {
        const why = this.#why;
        this.#why = undefined;
        throw why;
      } else if (this.#ended.signal.aborted) {
        return { done: true, value: undefined };
      } else {
        await this.#changed();
      }
    }
  }

  #reach(at) { if (at) this.#position = at; }

  #changed() { return new Promise((resolve) => { this.#waiting.push(resolve); }); }

  #wake() { this.#waiting.splice(0).forEach((resolve) => resolve()); }

  #hasRoom() { return this.#queue.length < this.#buffer; }

  async #drained() { while (this.#queue.length && !this.#ended.signal.aborted) await this.#changed(); }

  #tell(kind, detail = {}) { this.#onState?.({ kind, ...detail }); }

  #stop(code, detail) { this.#fail(new FeedStoppedException(code, detail)); }

  #fail(why) {
    if (this.#ended.signal.aborted) return;
    this.#why = why;
    this.#ended.abort();
    this.#wake();
  }

  /** Takes a message that has arrived. Returns how the connection ends by it, if it does. */
  #take(message) {
    const at = message.metadata?.position;
    if (message.op === undefined) {
      if (at <= this.#arrived?.position || (this.#subjects.length && !this.#subjects.includes(message.metadata?.subject))) return this.#reached(at);
      this.#arrive(message, at === undefined ? undefined : new FeedPosition(this.#arrived?.epoch, at));
    } else if (message.op === 'subscribed') {
      const from = new FeedPosition(message.epoch ?? this.#arrived?.epoch, message.position);
      this.#arrive(undefined, from);
      this.#tell('following', { position: from });
    } else if (message.op === 'position') {
      return this.#reached(message.position);
    } else if (message.op === 'reset') {
      this.#arrive(message, new FeedPosition(message.epoch, message.head));
    } else if (message.op === 'alert') {
      this.#arrive(message);
    } else if (message.op === 'error') {
      return message.code === 'unavailable' ? { detail: message.detail } : { stop: message };
    }
    return undefined;
  }

  #reached(position) {
    if (position > (this.#arrived?.position ?? -1)) this.#arrive(undefined, new FeedPosition(this.#arrived?.epoch, position));
  }

  #arrive(message, at) {
    if (at) { this.#arrived = at; this.#pauses.reset(); }
    const last = this.#queue.at(-1);
    if (!message && last && !last.message) last.at = at;
    else this.#queue.push({ message, at });
    this.#wake();
  }

  async #run() {
    let refused, refusals = 0;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      if (!this.#hasRoom()) { this.#tell('paused'); await this.#drained(); }
      if (signal.aborted) return;
      this.#tell('connecting');
      let end, token;
      try {
        token = await this.#token();
        if (signal.aborted) return;
        if (token === refused?.token) { this.#stop(refused.code, refused.detail); return; }
        end = await (this.#transport === 'stream' ? this.#overStream(token, signal) : this.#overWebSocket(token, signal));
      } catch (failure) {
        end = { detail: String(failure?.message ?? failure) };
      }
      if (signal.aborted) return;
      const { code, problem } = end;
      if (end.opened) { refused = undefined; refusals = 0; }
      if (problem?.status === 401) { refused = { token, code: problem.code, detail: problem.detail }; refusals++; }
      if (end.stop) this.#stop(end.stop.code, end.stop.detail);
      else if (FINAL_CODES.includes(code)) this.#stop(String(code), end.detail);
      else if (FINAL_STATUSES.includes(problem?.status) || refusals === MOST_REFUSED_TOKENS) this.#stop(problem.code, problem.detail);
      else if (!end.full) await this.#pause({ code, problem, detail: problem?.detail || end.detail, retryIn: code === TOO_MANY_MESSAGES ? this.#pauses.longest() : this.#pauses.next() }, signal);
    }
  }

  async #pause(lost, signal) {
    const skipped = new AbortController();
    this.#skipPause = () => skipped.abort();
    this.#tell('lost', lost);
    await sleep(lost.retryIn, AbortSignal.any([skipped.signal, signal])).catch(() => {});
    this.#skipPause = undefined;
  }

  /** A browser can't stop reading a WebSocket: where more waits than the buffer may hold, the connection is closed, and resumed later. */
  #overWebSocket(token, signal) {
    const address = this.#addressOf('/ws?batch=true');
    const rest = new URL('/api/events?limit=1', address);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    // a sub-protocol has no parentheses
    const carrier = encodeURIComponent(`quarkus-http-upgrade#Authorization#Bearer ${token}`).replace(/[()]/g, (one) => (one === '(' ? '%28' : '%29'));
    return new Promise((resolve) => {
      const socket = new WebSocket(address, ['bearer-token-carrier', carrier]);
      let opened = false, silence;
      const end = (how) => {
        clearTimeout(silence);
        signal.removeEventListener('abort', end);
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        resolve({ opened, ...how });
      };
      const silentFor = (millis) => { clearTimeout(silence); silence = setTimeout(() => end({ detail: `silent for ${millis / 1000} s` }), millis); };
      silentFor(CONNECT_TIMEOUT);
      signal.addEventListener('abort', end);
      socket.onopen = () => {
        opened = true;
        silentFor(2 * this.#heartbeat);
        socket.send(JSON.stringify({ op: 'subscribe', id: 'feed', topics: this.#topics, subjects: this.#subjects, after: this.#arrived?.position, epoch: this.#arrived?.epoch }));
      };
      socket.onmessage = ({ data }) => {
        this.#heardAt = Date.now();
        silentFor(2 * this.#heartbeat);
        let messages;
        try { messages = [JSON.parse(data)].flat(); } catch { end({ detail: 'a message is not JSON' }); return; }
        for (const message of messages) {
          const ends = this.#take(message);
          if (ends) { end(ends); return; }
        }
        if (!this.#hasRoom()) end({ full: true });
      };
      const closed = async ({ code = 1006, reason }) => {
        clearTimeout(silence);
        socket.onerror = socket.onclose = null;
        end({ code, detail: reason, problem: opened ? undefined : await refusal(rest, token) });
      };
      socket.onclose = closed;
      // Node 20 tells no close of a handshake that failed
      socket.onerror = () => { if (!opened) closed({}); };
    });
  }

  /** No more is read from a stream than the buffer may hold. */
  async #overStream(token, signal) {
    const address = this.#addressOf('/api/events/stream');
    this.#topics.forEach((topic) => address.searchParams.append('type', topic));
    const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' };
    if (this.#arrived) headers['Last-Event-ID'] = String(this.#arrived);
    const given = new AbortController();
    let opened = false, late = setTimeout(() => given.abort(), CONNECT_TIMEOUT);
    try {
      const response = await fetch(address, { headers, cache: 'no-store', signal: AbortSignal.any([given.signal, signal]) });
      if (!response.ok) return { problem: await problemOf(response) };
      opened = true;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const blocks = new Blocks();
      for (;;) {
        clearTimeout(late);
        while (!this.#hasRoom() && !signal.aborted) await this.#changed();
        late = setTimeout(() => given.abort(), 2 * this.#heartbeat);
        const { done, value } = await reader.read();
        if (done) return { opened, detail: 'the stream has ended' };
        this.#heardAt = Date.now();
        for (const message of blocks.take(value)) {
          const ends = this.#take(message);
          if (ends) return { opened, ...ends };
        }
      }
    } catch (failure) {
      return { opened, detail: given.signal.aborted ? 'silent for too long' : String(failure.cause?.message ?? failure.message) };
    } finally {
      clearTimeout(late);
      given.abort();
    }
  }
}

/** A WebSocket does not say why its handshake was refused; REST refuses the same token with a problem. */
async function refusal(address, token) {
  try {
    const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', signal: AbortSignal.timeout(CONNECT_TIMEOUT) });
    return [401, 403, 404].includes(response.status) ? await problemOf(response) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the messages of a WebSocket from the blocks of a stream of server-sent events. */
class Blocks {
  #text = ''; #following = false;

  * take(more) {
    const blocks = (this.#text + more).split('\n\n');
    this.#text = blocks.pop();
    if (this.#text.length > LONGEST_BLOCK) throw new Error('an event is too long');
    for (const block of blocks) yield* this.#messages(block);
  }

  * #messages(block) {
    const fields = {};
    for (const line of block.split('\n')) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      fields[name] = name === 'data' && 'data' in fields ? `${fields.data}\n${value}` : value;
    }
    if (fields.event === 'closed') return;
    if (fields.event === 'reset') yield { op: 'reset', ...JSON.parse(fields.data) };
    const at = fields.id ? FeedPosition.parse(fields.id) : undefined;
    if (at && !this.#following && fields.data === undefined) {
      this.#following = true;
      yield { op: 'subscribed', ...at };
    } else if (at && fields.data === undefined) {
      yield { op: 'position', position: at.position };
    } else if (fields.data !== undefined && fields.event !== 'reset') {
      yield JSON.parse(fields.data);
    }
  }
}

/**
 * A copy of all products, or of all stock, without a gap: reads the state page by page, follows the feed from what the pages have seen, and
 * applies each event whose version is newer. Begins anew by itself at a reset, such as a new epoch.
 */
export class Snapshot {
  #client; #kind; #listener; #options; #feed; #pauses = new Pauses(); #ended = new AbortController();
  /** The copy, which goes on changing; empty until the first state has been read. Not to be modified. */
  copy = new Map();

  constructor(client, kind, listener, options) {
    this.#client = client;
    this.#kind = kind;
    this.#listener = listener;
    this.#options = options;
    this.#run();
  }

  /** Keeps a copy of all products, by SKU, each as GET /api/products/{sku} answers it. */
  static products(client, listener = {}, options = {}) { return new Snapshot(client, PRODUCTS, listener, options); }

  /** Keeps a copy of all stock, by stockKey. A new threshold is no event: the copy has those of when it was read. */
  static stock(client, listener = {}, options = {}) { return new Snapshot(client, STOCK, listener, options); }

  /** The copy has everything up to here; undefined until the state has been read. */
  get position() { return this.#feed?.position; }

  close() {
    this.#ended.abort();
    this.#feed?.close();
  }

  async #run() {
    const { signal } = this.#ended;
    let refused = 0;
    while (!signal.aborted) {
      try {
        const { items, position } = await this.#read(signal);
        refused = 0;
        this.copy = items;
        this.#feed = this.#client.feed(this.#kind.topics, { ...this.#options, subjects: [], after: position });
        this.#listener.read?.(this.copy);
        await this.#follow();
        this.#pauses.reset();
      } catch (failure) {
        if (signal.aborted) return;
        // a 401 only the second time, so that a token that has just expired is replaced
        const final = failure instanceof FeedStoppedException || [403, 404].includes(failure.status) || (failure.status === 401 && ++refused === 2);
        if (final) {
          this.close();
          this.#listener.stopped?.(failure.code, failure.detail);
          return;
        }
        await sleep(this.#pauses.next(), signal).catch(() => {});
      }
    }
  }

  async #follow() {
    for await (const message of this.#feed) {
      if (message.op === 'reset') return;
      const item = message.op === undefined ? this.#kind.apply(this.copy, message) : undefined;
      if (item) {
        const key = this.#kind.key(item);
        this.copy.set(key, item);
        this.#listener.changed?.(key, item);
      }
    }
  }

  /** Reads all pages. What they have seen together is the lowest of their positions: they may come from different replicas. */
  async #read(signal) {
    const items = new Map();
    let lowest, next = '';
    while (next !== null) {
      const page = await this.#client.get(`${this.#kind.list}?limit=500${next}`, { signal });
      const seen = page.feedPosition;
      if (seen === null) throw new Error('no position yet');
      if (lowest && lowest.epoch !== seen.epoch) throw new Error('another epoch has begun');
      if (!lowest || seen.position < lowest.position) lowest = seen;
      for (const item of page.body.items) items.set(this.#kind.key(item), item);
      next = page.body.next === null ? null : `&after=${encodeURIComponent(page.body.next)}`;
    }
    return { items, position: lowest };
  }
}

const isNewer = (item, than) => than === undefined || item.version > than.version;

/** What is copied: where it is listed, which events change it, and how; apply gives nothing for what is no news. */
const PRODUCTS = {
  list: '/api/products',
  topics: ['product.*'],
  key: ({ sku }) => sku,
  apply(copy, { payload: { changed, ...product } }) {
    return isNewer(product, copy.get(product.sku)) ? product : undefined;
  },
};

const STOCK = {
  list: '/api/inventory',
  // the creation of a product opens its stock at the location main
  topics: ['inventory.updated', 'product.created'],
  key: ({ sku, location }) => stockKey(sku, location),
  apply(copy, { type, payload, metadata }) {
    const opens = type === 'product.created';
    const { sku } = payload, location = opens ? 'main' : payload.location;
    const before = copy.get(stockKey(sku, location));
    const [onHand, version] = opens ? [0, 1] : [payload.onHand, payload.version];
    const after = { sku, location, onHand, threshold: before?.threshold ?? null, version, updatedAt: metadata.timestamp };
    return isNewer(after, before) ? after : undefined;
  },
};
