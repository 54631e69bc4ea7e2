/**
 * The reference client of the WebSocket feed for browsers and Node 22 or newer: every event once and in position order,
 * however often the connection is lost. options: {token(), topics, subjects, after, onReset, onGiveUp, heartbeat}
 */
export function follow(addresses, onEvent, options) {
  const heartbeat = options.heartbeat ?? 15_000;
  let position = options.after, attempts = 0, failures = 0, closed = false, socket, silence;
  const seen = (upTo) => { position = upTo; failures = 0; };
  const giveUp = (why) => { closed = true; socket.close(); options.onGiveUp?.(why); };
  const again = (lost, pause = Math.min(5_000, 100 * 2 ** Math.min(failures++, 10))) => {
    if (lost !== socket) return;
    clearTimeout(silence);
    socket = undefined;
    lost?.close();
    if (!closed) setTimeout(connect, pause * (0.5 + Math.random() / 2));
  };
  const take = (message, from) => {
    if (closed || from !== socket) return;
    const at = message.metadata?.position;
    if (message.op === undefined && !(at <= position)) { onEvent(message); if (at !== undefined) seen(at); }
    else if (message.op === 'subscribed') position = message.position;
    else if (message.op === 'position') seen(Math.max(position, message.position));
    else if (message.op === 'reset') options.onReset?.(message);
    else if (message.op === 'error') message.code === 'unavailable' ? again(from) : giveUp(message.code);
  };
  const connect = async () => {
    const token = encodeURIComponent(`quarkus-http-upgrade#Authorization#Bearer ${await options.token()}`);
    const next = socket = new WebSocket(addresses[attempts++ % addresses.length], ['bearer-token-carrier', token]);
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => again(next), 2 * heartbeat); };
    heard();
    next.onopen = () => next.send(JSON.stringify(
      { op: 'subscribe', id: 'feed', topics: options.topics, subjects: options.subjects ?? [], after: position }));
    next.onmessage = ({ data }) => { heard(); try { [JSON.parse(data)].flat().forEach((m) => take(m, next)); } catch { again(next); } };
    next.onclose = ({ code, reason }) => [4400, 1009].includes(code) ? giveUp(`${code} ${reason}`)
      : again(next, code === 4429 ? 5_000 : undefined);
  };
  connect();
  return { close() { closed = true; clearTimeout(silence); socket?.close(1000); }, get position() { return position; } };
}
