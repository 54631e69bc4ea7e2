/** The token or API key, stored for this tab only, and its roles. The server decides; the page only shows beforehand what is allowed. */
import { byId, text } from './dom.js';

const KEY = 'pms-events.token';
/** Who an API key is: it does not say so itself, unlike a token. */
const CALLER = 'pms-events.caller';
const API_KEY = /^pmse_/;
const ROLES = ['viewer', 'editor', 'stock', 'operator', 'admin'];
/** How long a token is accepted after it has expired, in milliseconds. */
const SKEW = 30_000;
const LONGEST_TIMER = 2 ** 31 - 1;

let claims = read(sessionStorage.getItem(KEY));
let waiting = [];
let expiry;

function read(token) {
  if (API_KEY.test(token)) return ofKey(token, sessionStorage.getItem(CALLER));
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
    const body = JSON.parse(new TextDecoder().decode(bytes));
    const words = [body.groups, body.app_metadata?.roles].filter(Array.isArray).flat();
    const given = ROLES.filter((role) => words.includes(role));
    const roles = new Set(given.includes('admin') ? ROLES : given.length ? [...given, 'viewer'] : []);
    return { token, actor: String(body.sub ?? 'nobody'), roles, given, expires: Number(body.exp) * 1000 || 0 };
  } catch {
    return null;
  }
}

/** What the service said of an API key, as JSON; null if it has not said anything. */
function ofKey(token, caller) {
  try {
    const { actor, roles, validUntil } = JSON.parse(caller);
    const most = roles.includes('admin') ? ['admin'] : roles.filter((role) => role !== 'viewer');
    const expires = validUntil ? Date.parse(validUntil) - SKEW : Infinity;
    return { token, actor, roles: new Set(roles), given: most.length ? most : roles, expires };
  } catch {
    return null;
  }
}

/** Asks the service who a new API key is; fails with what to tell the user. */
async function asked(token) {
  let answer, body;
  try {
    answer = await fetch('/api/me', { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    body = await answer.text();
  } catch {
    throw new Error('The service can not be reached.');
  }
  if (answer.ok) {
    sessionStorage.setItem(CALLER, body);
    return read(token);
  }
  let problem;
  try { problem = JSON.parse(body); } catch { problem = {}; }
  throw new Error(problem.detail || `The service answered ${answer.status}.`);
}

export const can = (role) => claims?.roles.has(role) ?? false;
export const actor = () => claims?.actor ?? null;
/** The roles as the token names them, for messages. */
export const roles = () => (claims?.given.length ? claims.given.join(', ') : 'no role');
export const expires = () => claims?.expires ?? 0;

/** The current token, which may be invalid, or null. */
export const current = () => claims?.token ?? null;

/** A token that has not expired; waits until there is one. */
export async function token() {
  if (claims && Date.now() > claims.expires + SKEW) refused('Your token has expired.', claims.token);
  return claims?.token ?? new Promise((resolve) => { waiting.push(resolve); ask(''); });
}

/** Discards a token that the server refused, unless it has been replaced since. */
export function refused(why, which) {
  if (claims && claims.token === which) {
    // allows for a small difference between the clocks
    const expired = Date.now() > claims.expires + SKEW - 1000;
    claims = null;
    clear();
    ask(expired ? 'Your token has expired.' : why);
  }
}

export function forget() {
  clear();
  location.reload();
}

function clear() {
  sessionStorage.removeItem(KEY);
  sessionStorage.removeItem(CALLER);
}

async function ask(why) {
  const dialog = byId('ask');
  if (why) text(byId('ask-why'), why);
  if (dialog.open) return;
  text(byId('ask-error'), '');
  dialog.showModal();
  const offered = await offer();
  if (offered && dialog.open && !byId('token').value) {
    byId('token').value = offered;
    text(byId('ask-note'), 'Dev mode has filled in a token. It is stored in this tab only.');
  }
}

/** In dev mode, a header of the page names an address that issues tokens; in production there is none. */
async function offer() {
  const timing = performance.getEntriesByType('navigation')[0]?.serverTiming?.find((entry) => entry.name === 'dev-token');
  if (!timing) return null;
  try {
    const answer = await fetch(timing.description);
    return answer.ok ? (await answer.text()).trim() : null;
  } catch {
    return null;
  }
}

async function take(entered) {
  const given = entered.trim();
  let fresh;
  try {
    fresh = API_KEY.test(given) ? await asked(given) : read(given);
  } catch (refusal) {
    return refusal.message;
  }
  if (!fresh) return 'That is not a JSON Web Token (three parts separated by dots), nor an API key (pmse_…).';
  if (Date.now() > fresh.expires + SKEW) return 'This token has expired.';
  if (fresh.roles.size === 0) return 'This token has none of the roles viewer, editor, stock, operator and admin.';
  const before = byId('ask').dataset.actor;
  claims = fresh;
  sessionStorage.setItem(KEY, fresh.token);
  byId('ask').close();
  // data that another user was allowed to see must not remain on the page
  if (before && before !== identity()) location.reload();
  else begin();
  return null;
}

const identity = () => `${claims.actor} ${roles()}`;

function begin() {
  clearTimeout(expiry);
  byId('ask').dataset.actor = identity();
  expiry = setTimeout(() => token(), Math.min(LONGEST_TIMER, Math.max(0, claims.expires + SKEW - Date.now() + 1000)));
  waiting.forEach((resolve) => resolve(claims.token));
  waiting = [];
}

export function start() {
  byId('ask').addEventListener('cancel', (event) => event.preventDefault());
  byId('ask-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const entered = byId('token').value;
    byId('token').value = '';
    const wrong = await take(entered);
    text(byId('ask-error'), wrong ?? '');
    if (wrong) byId('token').focus();
  });
  byId('sign-out').addEventListener('click', forget);
  if (claims) begin();
}
