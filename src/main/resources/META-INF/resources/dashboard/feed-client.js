/**
 * The reference client of the WebSocket feed for browsers and Node 22 or newer: every event once and in position order,
 * however often the connection is lost. options: {token(), topics, subjects, after, onReset, onGiveUp, onAlert, onState, heartbeat};
 * onState is told 'connecting', 'following' with the position, and 'lost' with the close code and when it is tried again.
 */
export function follow(addresses, onEvent, options) {
  const heartbeat = options.heartbeat ?? 15_000;
  let position = options.after, attempts = 0, failures = 0, closed = false, heardAt = 0, socket, silence, pause;
  const tell = (state, detail = {}) => options.onState?.(state, detail);
  const seen = (upTo) => { position = upTo; failures = 0; };
  const close = () => { closed = true; clearTimeout(silence); clearTimeout(pause); socket?.close(1000); };
  const giveUp = (why) => { close(); options.onGiveUp?.(why); };
  const again = (lost, code, wait = Math.min(5_000, 100 * 2 ** Math.min(failures++, 10))) => {
    if (lost !== socket) return;
    clearTimeout(silence);
    socket = undefined;
    lost?.close();
    if (closed) return;
    const retryIn = wait * (0.5 + Math.random() / 2);
    pause = setTimeout(connect, retryIn);
    tell('lost', { code, retryIn });
  };
  const take = (message, from) => {
    if (closed || from !== socket) return;
    const at = message.metadata?.position;
    if (message.op === undefined && !(at <= position)) { onEvent(message); if (at !== undefined) seen(at); }
    else if (message.op === 'subscribed') { position = message.position; tell('following', { position }); }
    else if (message.op === 'position') seen(Math.max(position, message.position));
    else if (message.op === 'alert') options.onAlert?.(message.alert);
    else if (message.op === 'reset') options.onReset?.(message);
    else if (message.op === 'error') message.code === 'unavailable' ? again(from) : giveUp(message.code);
  };
  const connect = async () => {
    clearTimeout(pause);
    pause = undefined;
    tell('connecting');
    const token = encodeURIComponent(`quarkus-http-upgrade#Authorization#Bearer ${await options.token()}`);
    if (closed) return;
    const next = socket = new WebSocket(addresses[attempts++ % addresses.length], ['bearer-token-carrier', token]);
    const heard = () => { heardAt = Date.now(); clearTimeout(silence); silence = setTimeout(() => again(next), 2 * heartbeat); };
    heard();
    next.onopen = () => next.send(JSON.stringify(
      { op: 'subscribe', id: 'feed', topics: options.topics, subjects: options.subjects ?? [], after: position }));
    next.onmessage = ({ data }) => {
      if (next !== socket) return;
      heard();
      let messages;
      try { messages = [JSON.parse(data)].flat(); } catch { again(next); return; }
      messages.forEach((message) => take(message, next));
    };
    next.onclose = ({ code, reason }) => [4400, 1009].includes(code) ? giveUp(`${code} ${reason}`)
      : again(next, code, code === 4429 ? 5_000 : undefined);
  };
  connect();
  return {
    close,
    /** Without waiting for the end of the pause, if there is one. */
    retry() { if (pause !== undefined && !closed) connect(); },
    get position() { return position; },
    /** When anything was heard the last time, in milliseconds since 1970. */
    get heardAt() { return heardAt; },
  };
}
