/**
 * Signs people in at an identity provider: OpenID Connect, by authorization code with PKCE (RFC 7636), state and nonce. The page is the
 * client; it has no secret. Whether a token is good is for the service to say.
 */
const ATTEMPT = 'pms-events.sign-in';
/** What a provider answers that will not give a token for this grant, also later. */
const REFUSED = [400, 401, 403];
const LONGEST = 10_000;
/** What a provider says that would have to ask the user something, but was told not to. */
const ASKS = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const page = () => new URL('/', location.href).href;

/** Browsers have what PKCE needs only for pages that came by TLS, or from this machine. */
export const isPossible = () => crypto.subtle !== undefined;

/** What a JSON Web Token says, unverified; fails if it is none. */
export function claimsOf(token) {
  const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (c) => c.charCodeAt(0))));
}

/** How people sign in; null if they don't by a provider. */
export async function provider() {
  let answer;
  try {
    answer = await fetch('/dashboard/sign-in.json', { cache: 'no-store', signal: AbortSignal.timeout(LONGEST) });
  } catch {
    throw new Error('The service can not be reached.');
  }
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error('The identity provider can not be reached at the moment.');
  return answer.json();
}

/** Leaves the page for the provider, which sends the browser back. silently: only if the provider need not ask anything. */
export async function begin(silently = false) {
  const at = await provider();
  const attempt = { state: random(), nonce: random(), verifier: random(), hash: location.hash };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier));
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const address = new URL(at.authorizationEndpoint);
  const query = {
    response_type: 'code', client_id: at.clientId, redirect_uri: page(), scope: 'openid profile', state: attempt.state, nonce: attempt.nonce,
    code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: 'S256',
  };
  if (silently) query.prompt = 'none';
  Object.entries(query).forEach(([name, value]) => address.searchParams.set(name, value));
  location.assign(address);
}

/** Whether the browser comes from the provider. */
export function isBack() {
  const query = new URLSearchParams(location.search);
  return query.has('state') && (query.has('code') || query.has('error'));
}

/** The provider's answer: {id_token, refresh_token}. Fails with what to tell the user. The code leaves the address at once. */
export async function finish() {
  const query = new URLSearchParams(location.search);
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT));
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, '', page() + (attempt?.hash ?? ''));
  if (!attempt || query.get('state') !== attempt.state) {
    throw new Error('That was not the answer to a sign-in of this tab. Please sign in again.');
  }
  const error = query.get('error');
  if (ASKS.includes(error)) throw new Error('Your sign-in has expired.');
  if (error) throw new Error(`The identity provider refused the sign-in: ${error}.`);
  const at = await provider();
  if (query.has('iss') && query.get('iss') !== at.issuer) throw new Error('The answer came from another identity provider.');
  const given = await exchange(at, {
    grant_type: 'authorization_code', code: query.get('code'), redirect_uri: page(), client_id: at.clientId, code_verifier: attempt.verifier,
  });
  let nonce;
  try { ({ nonce } = claimsOf(given.id_token)); } catch { nonce = undefined; }
  if (nonce !== attempt.nonce) throw new Error('The token was not made for this sign-in. Please sign in again.');
  return given;
}

/** A new token for a refresh token. A failure is `final` if the provider has refused. */
export async function refresh(token) {
  const at = await provider();
  return exchange(at, { grant_type: 'refresh_token', refresh_token: token, client_id: at.clientId });
}

async function exchange(at, form) {
  let answer, body;
  try {
    answer = await fetch(at.tokenEndpoint, {
      method: 'POST', body: new URLSearchParams(form), headers: { Accept: 'application/json' }, cache: 'no-store', credentials: 'omit',
      redirect: 'error', signal: AbortSignal.timeout(LONGEST),
    });
    body = await answer.json();
  } catch {
    throw new Error('The identity provider can not be reached, or does not let this page ask for a token.');
  }
  if (answer.ok && typeof body.id_token === 'string') return body;
  const why = answer.ok ? 'it gave no id_token' : body.error ?? `status ${answer.status}`;
  throw Object.assign(new Error(`The identity provider refused the sign-in: ${why}.`), { final: answer.ok || REFUSED.includes(answer.status) });
}

/** Leaves the page for the provider's sign-out, if it has one. Without a hint of the token, which would be in its logs: so it may ask. */
export async function end() {
  const at = await provider().catch(() => null);
  if (!at?.endSessionEndpoint) {
    location.reload();
    return;
  }
  const address = new URL(at.endSessionEndpoint);
  address.searchParams.set('client_id', at.clientId);
  address.searchParams.set('post_logout_redirect_uri', page());
  location.assign(address);
}
