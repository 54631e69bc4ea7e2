/** The token, stored for this tab only, and its roles. The server decides; the page only shows beforehand what is allowed. */
import { byId, text } from './dom.js';

const KEY = 'pms-events.token';
const ROLES = ['viewer', 'editor', 'stock', 'operator', 'admin'];
/** How long a token is accepted after it has expired, in milliseconds. */
const SKEW = 30_000;
const LONGEST_TIMER = 2 ** 31 - 1;

let claims = read(sessionStorage.getItem(KEY));
let waiting = [];
let expiry;

function read(token) {
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
    sessionStorage.removeItem(KEY);
    ask(expired ? 'Your token has expired.' : why);
  }
}

export function forget() {
  sessionStorage.removeItem(KEY);
  location.reload();
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

function take(entered) {
  const fresh = read(entered.trim());
  if (!fresh) return 'That is not a JSON Web Token: three parts separated by dots.';
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
  byId('ask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const wrong = take(byId('token').value);
    byId('token').value = '';
    text(byId('ask-error'), wrong ?? '');
    if (wrong) byId('token').focus();
  });
  byId('sign-out').addEventListener('click', forget);
  if (claims) begin();
}
