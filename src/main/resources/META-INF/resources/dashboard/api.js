/** Calls the REST API: with the token, a timeout of 10 s, and every failure as a problem (RFC 9457). */
import { el } from './dom.js';
import * as session from './session.js';

const LONGEST = 10_000;

/** A failed call; status 0 if there was no answer. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The service answered ${status}.`);
    Object.assign(this, { status, code: body.code ?? '', title: body.title ?? '', traceId: body.traceId ?? '', violations: body.violations ?? [], onHand: body.onHand });
  }

  /** Whether the outcome is unknown, so that the request may be repeated under the same key. */
  get isOpen() {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }
}

/** Calls the API. options: {method, body, key, signal}; waits for a token if there is none. */
export async function call(path, options = {}) {
  const token = await session.token();
  const headers = { Authorization: `Bearer ${token}` };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.key) headers['Idempotency-Key'] = options.key;
  const late = AbortSignal.timeout(LONGEST);
  let answer, content;
  try {
    answer = await fetch(path, {
      method: options.method ?? 'GET', headers, cache: 'no-store',
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal ? AbortSignal.any([options.signal, late]) : late,
    });
    content = await answer.text();
  } catch (failure) {
    if (options.signal?.aborted) throw failure;
    throw new Problem(0, { code: 'no-answer', title: 'No answer', detail: late.aborted ? 'The service took too long to answer.' : 'The service can not be reached.' });
  }
  if (answer.ok) return content ? JSON.parse(content) : null;
  if (answer.status === 401) session.refused('The service does not accept your token any more.', token);
  let problem;
  try { problem = JSON.parse(content); } catch { problem = {}; }
  throw new Problem(answer.status, problem ?? {});
}

/** Sends a file, however long that takes. */
export async function upload(path, file, type) {
  return (await plain(path, { method: 'POST', body: file, headers: { 'Content-Type': type } })).json();
}

/** The content of an answer that is no JSON, as a Blob. */
export async function download(path) {
  return (await plain(path, {})).blob();
}

async function plain(path, options) {
  const token = await session.token();
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` }, cache: 'no-store' });
  } catch {
    throw new Problem(0, { code: 'no-answer', title: 'No answer', detail: 'The service can not be reached.' });
  }
  if (answer.ok) return answer;
  if (answer.status === 401) session.refused('The service does not accept your token any more.', token);
  throw new Problem(answer.status, await answer.json().catch(() => ({})));
}

/** An idempotency key: a request is executed once under it, however often it is sent. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

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
