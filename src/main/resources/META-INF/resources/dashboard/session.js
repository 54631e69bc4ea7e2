/** The token or API key, stored for this tab only, and its roles. The server decides; the page only shows beforehand what is allowed. */
import { byId, el, text } from './dom.js';
import * as signIn from './sign-in.js';

const KEY = 'pms-events.token';
/** Who the service says the bearer of the token or API key is, where it was asked. */
const CALLER = 'pms-events.caller';
/** Set if the token is an identity provider's: its refresh token, or nothing. */
const PROVIDED = 'pms-events.provided';
const API_KEY = /^pmse_/;
const ROLES = ['viewer', 'editor', 'stock', 'operator', 'admin'];
/** How long a token is accepted after it has expired, in milliseconds. */
const SKEW = 30_000;
const LONGEST_TIMER = 2 ** 31 - 1;
/** How long before it expires a token is renewed, if that is not more than a third of its time, in milliseconds. */
const EARLY = 60_000;
const RETRY = 5_000;
const SOON = 1_000;
/** Who has to sign in again sooner than this is asked: something is wrong. */
const SHORTEST = 30_000;
const OPENED = Date.now();

let claims = read(sessionStorage.getItem(KEY));
let waiting = [];
let expiry, renewal, renewing;
/** Counts sign-outs: what was under way before one is not kept. */
let signedOut = 0;
/** Whether the page is about to leave for the provider, or has just come back. */
let away = signIn.isBack();

function read(token) {
  const caller = sessionStorage.getItem(CALLER);
  if (API_KEY.test(token) || (token && caller)) return ofCaller(token, caller);
  try {
    const body = signIn.claimsOf(token);
    const words = [body.groups, body.app_metadata?.roles].filter(Array.isArray).flat();
    const given = ROLES.filter((role) => words.includes(role));
    const roles = new Set(given.includes('admin') ? ROLES : given.length ? [...given, 'viewer'] : []);
    return { token, actor: String(body.sub ?? 'nobody'), name: nameIn(body), roles, given, expires: Number(body.exp) * 1000 || 0 };
  } catch {
    return null;
  }
}

/** What people know somebody by, unlike the subject; null if the token does not say. */
function nameIn(body) {
  return [body.preferred_username, body.email, body.name].find((name) => typeof name === 'string' && name) ?? null;
}

/** What the service said of a token or an API key, as JSON; null if it has not said anything. */
function ofCaller(token, caller) {
  try {
    const name = API_KEY.test(token) ? null : nameIn(signIn.claimsOf(token));
    const { actor, roles, validUntil } = JSON.parse(caller);
    const most = roles.includes('admin') ? ['admin'] : roles.filter((role) => role !== 'viewer');
    const expires = validUntil ? Date.parse(validUntil) - SKEW : Infinity;
    return { token, actor, name, roles: new Set(roles), given: most.length ? most : roles, expires };
  } catch {
    return null;
  }
}

/** Asks the service whose a token or API key is; fails with what to tell the user. */
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
/** The actor as people know them. */
export const name = () => claims?.name ?? actor();
/** The roles as the token names them, for messages. */
export const roles = () => (claims?.given.length ? claims.given.join(', ') : 'no role');
export const expires = () => claims?.expires ?? 0;

/** The current token, which may be invalid, or null. */
export const current = () => claims?.token ?? null;

/** A token that has not expired; waits until there is one. */
export async function token() {
  if (claims && Date.now() > claims.expires + SKEW) {
    const { token } = claims;
    if (!(await renewed())) refused('Your token has expired.', token);
  }
  return claims?.token ?? new Promise((resolve) => {
    waiting.push(resolve);
    if (!away) ask('');
  });
}

/** Renews the provider's token, once at a time; whether that was done. */
const renewed = () => renewing ??= renew().finally(() => { renewing = undefined; });

async function renew() {
  const before = sessionStorage.getItem(PROVIDED);
  if (!before) return false;
  const since = signedOut;
  try {
    const given = await signIn.refresh(before);
    if (since !== signedOut) return false;
    // a provider that gives another one takes the old one once only
    if (given.refresh_token) sessionStorage.setItem(PROVIDED, given.refresh_token);
    const caller = await asked(given.id_token);
    if (since !== signedOut) {
      clear();
      return false;
    }
    const wrong = accept(caller);
    if (!wrong) provided(given.refresh_token ?? before);
    return !wrong;
  } catch (failure) {
    if (failure.final && since === signedOut) sessionStorage.setItem(PROVIDED, '');
    return false;
  }
}

function provided(refreshToken) {
  sessionStorage.setItem(PROVIDED, refreshToken);
  const left = claims.expires - Date.now();
  // a clock that is ahead shows every token as expired
  if (refreshToken) renewIn(left > 0 ? Math.max(SOON, left - Math.min(EARLY, left / 3)) : RETRY);
}

function renewIn(wait) {
  clearTimeout(renewal);
  renewal = setTimeout(async () => {
    if (!(await renewed()) && sessionStorage.getItem(PROVIDED)) renewIn(RETRY);
  }, Math.min(LONGEST_TIMER, Math.max(0, wait)));
}

/** Discards a token that the server refused, unless it has been replaced since. */
export function refused(why, which) {
  if (claims && claims.token === which) {
    // allows for a small difference between the clocks
    const expired = Date.now() > claims.expires + SKEW - 1000;
    const silently = expired && sessionStorage.getItem(PROVIDED) !== null && mayLeave();
    claims = null;
    clear();
    if (silently) leaveSilently();
    else ask(expired ? 'Your token has expired.' : why);
  }
}

/** Whether the page can go to the provider and come back without a loss to somebody who is typing. */
function mayLeave() {
  return Date.now() - OPENED > SHORTEST && !document.querySelector('dialog[open]') && !document.activeElement?.matches('input, select, textarea');
}

export function forget() {
  const isProvided = sessionStorage.getItem(PROVIDED) !== null;
  signedOut++;
  claims = null;
  away = true;
  clear();
  if (isProvided) signIn.end();
  else location.reload();
}

function clear() {
  clearTimeout(renewal);
  for (const key of [KEY, CALLER, PROVIDED]) sessionStorage.removeItem(key);
}

async function ask(why) {
  const dialog = byId('ask');
  if (why) text(byId('ask-why'), why);
  if (dialog.open) return;
  text(byId('ask-error'), '');
  dialog.showModal();
  await offerSignIn();
  const offered = await offer();
  if (offered && dialog.open && !byId('token').value) {
    byId('token').value = offered;
    text(byId('ask-note'), 'Dev mode has filled in a token. It is stored in this tab only.');
  }
}

/** Where an identity provider signs people in, a button that leads there. */
async function offerSignIn() {
  let button = byId('sign-in');
  if (!button) {
    button = el('button', { type: 'button', class: 'main', id: 'sign-in', on: { click: leave } });
    byId('ask-why').after(el('p', { id: 'sign-in-by', hidden: true }, button));
  }
  try {
    const at = await signIn.provider();
    byId('sign-in-by').hidden = !at;
    if (!at) return;
    text(button, `Sign in with ${new URL(at.issuer).host}`);
    button.disabled = !signIn.isPossible();
    if (button.disabled) text(byId('ask-error'), 'Signing in needs a page that came by HTTPS.');
    else if (!byId('token').value) button.focus();
  } catch (failure) {
    byId('sign-in-by').hidden = true;
    text(byId('ask-error'), failure.message);
  }
}

function leave() {
  text(byId('ask-error'), '');
  signIn.begin().catch((failure) => text(byId('ask-error'), failure.message));
}

async function leaveSilently() {
  away = true;
  try {
    await signIn.begin(true);
  } catch {
    away = false;
    ask('Your token has expired.');
  }
}

/** Takes what the provider has answered. */
async function comeBack() {
  const before = claims;
  claims = null;
  let wrong;
  try {
    const given = await signIn.finish();
    wrong = accept(await asked(given.id_token));
    if (!wrong) provided(given.refresh_token ?? '');
  } catch (failure) {
    wrong = failure.message;
  }
  away = false;
  if (!wrong) return;
  claims = before;
  if (claims) begin();
  else ask(wrong);
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
  clear();
  try {
    let fresh = API_KEY.test(given) ? await asked(given) : read(given);
    // the roles may be where only the service knows to look
    if (fresh?.roles.size === 0) fresh = await asked(given);
    return accept(fresh);
  } catch (refusal) {
    return refusal.message;
  }
}

/** Goes on with a token or key; returns what is wrong with it. */
function accept(fresh) {
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
  const refreshToken = sessionStorage.getItem(PROVIDED);
  if (refreshToken) provided(refreshToken);
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
  if (away) comeBack();
  else if (claims) begin();
}
