/** Calls the REST API: with the token, a timeout of 10 s, and every failure as a problem (RFC 9457). */
import { el } from './dom.js';
import { PmsEventsClient, ProblemException, newKey } from './pms-events.js';
import * as session from './session.js';

const LONGEST = 10_000;

export { newKey };

const client = new PmsEventsClient({ addresses: location.origin, timeout: LONGEST, patience: 0 });

/** A failed call; status 0 if there was no answer. */
export class Problem extends Error {
  constructor({ status, detail, problem }) {
    super(problem.detail || problem.title || (status ? `The service answered ${status}.` : detail));
    Object.assign(this, { status, code: problem.code ?? '', title: problem.title ?? '', traceId: problem.traceId ?? '', violations: problem.violations ?? [], onHand: problem.onHand });
  }

  /** Whether the outcome is unknown, so that the request may be repeated under the same key. */
  get isOpen() {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }
}

/** Sends a request with the session's token; waits for one if there is none. */
async function withToken(send) {
  const token = await session.token();
  try {
    return await send({ Authorization: `Bearer ${token}` });
  } catch (refused) {
    if (!(refused instanceof ProblemException)) throw refused;
    if (refused.status === 401) session.refused('The service does not accept your token any more.', token);
    throw new Problem(refused);
  }
}

/** Calls the API. options: {method, body, key, signal}. */
export async function call(path, { method = 'GET', body, key, signal } = {}) {
  const answer = await withToken((headers) => client.request(method, path, body, { headers: key ? { ...headers, 'Idempotency-Key': key } : headers, signal }));
  return answer.body;
}

/** Sends a file, however long that takes. */
export async function upload(path, file, type) {
  const answer = await withToken((headers) => client.request('POST', path, file, { headers: { ...headers, 'Content-Type': type }, timeout: Infinity }));
  return answer.body;
}

/** The content of an answer that is no JSON, as a Blob. */
export const download = (path) => withToken((headers) => client.download(path, { headers, timeout: Infinity }));

/** Keeps the key of a request until its outcome is known, as long as the request stays the same. */
export class Keys {
  #last = { content: null, key: null };

  for(content) {
    const json = JSON.stringify(content);
    if (this.#last.content !== json) this.#last = { content: json, key: newKey() };
    return this.#last.key;
  }

  settled() {
    this.#last = { content: null, key: null };
  }
}

/** The keys of many actions, by their names, each until its outcome is known. */
export class NamedKeys {
  #keys = new Map();

  for(name, content) {
    if (!this.#keys.has(name)) this.#keys.set(name, new Keys());
    return this.#keys.get(name).for(content);
  }

  /** The action has ended, with a problem or without: if that leaves open what became of it, its key is kept. */
  settled(name, problem) {
    if (!problem?.isOpen) this.#keys.delete(name);
  }
}

/** Shows a problem with all its violations, or nothing for null. */
export function show(box, problem) {
  box.hidden = !problem;
  box.replaceChildren();
  if (!problem) return;
  box.setAttribute('role', 'alert');
  box.append(el('strong', {}, problem.title || 'The request failed'), ' ', problem.message);
  if (problem.violations?.length) {
    box.append(el('ul', {}, problem.violations.map((one) => el('li', {}, el('code', {}, one.pointer), ' ', one.detail))));
  }
  if (problem.isOpen) box.append(' You can send it again: it is executed at most once.');
  const facts = [problem.code, problem.traceId && `trace ${problem.traceId}`].filter(Boolean).join(' · ');
  if (facts) box.append(el('span', { class: 'facts' }, facts));
}
