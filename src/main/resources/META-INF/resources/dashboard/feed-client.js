/**
 * The reference client of the WebSocket feed for browsers and Node 22 or newer: every event once and in position order,
 * however often the connection is lost. options: {token(), topics, subjects, after, onReset, onGiveUp, onAlert, onState, heartbeat};
 * onState receives 'connecting', 'following' with the position, and 'lost' with the close code, the time until the next attempt and,
 * if a token was refused, the problem. onGiveUp receives {code, detail} when a retry would fail again: 'unauthenticated' if token()
 * returns a refused token again, 'forbidden', 'topic-not-allowed', the close codes '4400' and '1009'.
 */
const MOST_REFUSED_TOKENS = 3;

function get(path, address, token) {
  const url = new URL(path, address);
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  return fetch(url, { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', signal: AbortSignal.timeout(5_000) });
}

/** A browser does not report why a handshake was refused. REST refuses the same token with a problem. */
async function problemOf(address, token) {
  try {
    const answer = await get('/api/events?limit=1', address, token);
    return [401, 403].includes(answer.status) ? { status: answer.status, ...await answer.json() } : undefined;
  } catch {
    return undefined;
  }
}

export function follow(addresses, onEvent, options) {
  const heartbeat = options.heartbeat ?? 15_000;
  let position = options.after, epoch = options.epoch, attempts = 0, failures = 0, closed = false, heardAt = 0, refused, refusals = 0, socket, silence, pause;
  const tell = (state, detail = {}) => options.onState?.(state, detail);
  const seen = (upTo) => { position = upTo; failures = 0; };
  const close = () => { closed = true; clearTimeout(silence); clearTimeout(pause); socket?.close(1000); };
  const giveUp = (code, detail) => { close(); options.onGiveUp?.({ code, detail }); };
  const again = (lost, code, wait = Math.min(5_000, 100 * 2 ** Math.min(failures++, 10)), problem = undefined) => {
    if (lost !== socket) return;
    clearTimeout(silence);
    socket = undefined;
    lost?.close();
    if (closed) return;
    const retryIn = wait * (0.5 + Math.random() / 2);
    pause = setTimeout(connect, retryIn);
    tell('lost', { code, retryIn, problem });
  };
  const take = (message, from) => {
    if (closed || from !== socket) return;
    const at = message.metadata?.position;
    if (message.op === undefined && !(at <= position)) { onEvent(message); if (at !== undefined) seen(at); }
    else if (message.op === 'subscribed') { position = message.position; epoch = message.epoch ?? epoch; tell('following', { position }); }
    else if (message.op === 'position') seen(Math.max(position, message.position));
    else if (message.op === 'alert') options.onAlert?.(message.alert);
    else if (message.op === 'reset') { epoch = message.epoch ?? epoch; options.onReset?.(message); }
    else if (message.op === 'error') message.code === 'unavailable' ? again(from) : giveUp(message.code, message.detail);
  };
  const notOpened = async (address, token, lost, code) => {
    const problem = await problemOf(address, token);
    if (closed || lost !== socket) return;
    if (problem?.status === 401) refused = { token, problem };
    if (problem?.status === 403 || (problem && ++refusals === MOST_REFUSED_TOKENS)) giveUp(problem.code, problem.detail);
    else again(lost, code, undefined, problem);
  };
  const connect = async () => {
    clearTimeout(pause);
    pause = undefined;
    tell('connecting');
    const token = await options.token();
    if (closed) return;
    if (token === refused?.token) { giveUp(refused.problem.code, refused.problem.detail); return; }
    const address = addresses[attempts++ % addresses.length];
    const carrier = encodeURIComponent(`quarkus-http-upgrade#Authorization#Bearer ${token}`);
    const next = socket = new WebSocket(address, ['bearer-token-carrier', carrier]);
    let opened = false;
    const heard = () => { heardAt = Date.now(); clearTimeout(silence); silence = setTimeout(() => again(next), 2 * heartbeat); };
    heard();
    next.onopen = () => {
      opened = true;
      refused = undefined;
      refusals = 0;
      next.send(JSON.stringify({ op: 'subscribe', id: 'feed', topics: options.topics, subjects: options.subjects ?? [], after: position, epoch: position === undefined ? undefined : epoch }));
    };
    next.onmessage = ({ data }) => {
      if (next !== socket) return;
      heard();
      let messages;
      try { messages = [JSON.parse(data)].flat(); } catch { again(next); return; }
      messages.forEach((message) => take(message, next));
    };
    next.onclose = ({ code, reason }) => {
      if (closed || next !== socket) return;
      if ([4400, 1009].includes(code)) giveUp(String(code), reason);
      else if (opened) again(next, code, code === 4429 ? 5_000 : undefined);
      else notOpened(address, token, next, code);
    };
  };
  connect();
  return {
    close,
    /** Connects at once if the client waits for the next attempt. */
    retry() { if (pause !== undefined && !closed) connect(); },
    get position() { return position; },
    /** The time of the last message, in milliseconds since 1970. */
    get heardAt() { return heardAt; },
  };
}

/** Reads a page of the products: {items, next, epoch, position}. Throws {problem} for an answer that has none. */
async function pageOf(address, token, after) {
  const answer = await get(`/api/products?limit=500${after ? `&after=${encodeURIComponent(after)}` : ''}`, address, token);
  if (!answer.ok) throw { problem: { status: answer.status, ...await answer.json() } };
  const seen = answer.headers.get('Feed-Position');
  if (seen === null) throw { problem: { status: 503, code: 'no-position' } };
  const [epoch, position] = seen.split(':');
  return { ...await answer.json(), epoch, position: Number(position) };
}

/** Reads all pages. What they have seen together is the lowest of their positions: they may come from different replicas. */
async function stateOf(address, token) {
  const products = new Map();
  let epoch, position = Infinity, after;
  do {
    const page = await pageOf(address, token, after);
    if (epoch !== undefined && page.epoch !== epoch) throw { problem: { status: 503, code: 'feed-restarted' } };
    epoch = page.epoch;
    position = Math.min(position, page.position);
    page.items.forEach((product) => products.set(product.sku, product));
    after = page.next;
  } while (after !== null);
  return { products, epoch, position };
}

/**
 * Keeps a copy of all products: reads them page by page, follows the feed from what the pages have seen, and applies each event whose
 * version is newer. Begins anew by itself at a reset. onChange receives the copy, a Map by SKU, whenever it has been read, and then with the
 * product after each change. options: those of follow, except topics, subjects, after, epoch and onReset.
 */
export function snapshot(addresses, onChange, options) {
  let feed, pause, attempts = 0, failures = 0, round = 0, refused;
  const stop = () => { round++; clearTimeout(pause); feed?.close(); feed = undefined; };
  const giveUp = ({ code, detail }) => { stop(); options.onGiveUp?.({ code, detail }); };
  const failed = (problem, token) => {
    if (problem?.status === 403 || (problem?.status === 401 && token === refused)) { giveUp(problem); return; }
    if (problem?.status === 401) refused = token;
    pause = setTimeout(begin, Math.min(5_000, 100 * 2 ** Math.min(failures++, 10)) * (0.5 + Math.random() / 2));
  };
  const begin = async () => {
    stop();
    const mine = round;
    const token = await options.token();
    let state;
    try {
      state = await stateOf(addresses[attempts++ % addresses.length], token);
    } catch (failure) {
      if (mine === round) failed(failure.problem, token);
      return;
    }
    if (mine !== round) return;
    failures = 0;
    const { products, epoch, position } = state;
    onChange(products);
    feed = follow(addresses, ({ payload: { changed, ...product } }) => {
      if (!(product.version > (products.get(product.sku)?.version ?? 0))) return;
      products.set(product.sku, product);
      onChange(products, product);
    }, { ...options, topics: ['product.*'], subjects: [], after: position, epoch, onReset: begin });
  };
  begin();
  return { close: stop, get position() { return feed?.position; } };
}
