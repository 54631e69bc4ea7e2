/** Formats numbers and times for operators; an en dash stands for an unknown value. */
const NONE = '–';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const known = (value) => typeof value === 'number' && Number.isFinite(value);

export const count = (value) => (known(value) ? whole.format(value) : NONE);
export const compact = (value) => (known(value) ? (Math.abs(value) < 10_000 ? whole : short).format(value) : NONE);
export const rate = (value) => (known(value) ? (value < 10 ? tenths : whole).format(value) : NONE);
export const percent = (value) => (known(value) ? `${tenths.format(value * 100)}\u202f%` : NONE);
export const signed = (value) => (known(value) ? (value > 0 ? `+${whole.format(value)}` : whole.format(value).replace('-', '−')) : NONE);

export function millis(value) {
  if (!known(value)) return NONE;
  return value >= 1_000 ? `${tenths.format(value / 1000)}\u00a0s` : `${(value < 10 ? tenths : whole).format(value)}\u00a0ms`;
}

export function bytes(value) {
  if (!known(value)) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${(value < 10 && unit > 0 ? tenths : whole).format(value)} ${units[unit]}`;
}

/** Used bytes of all bytes, in the unit of the latter if that is precise enough. */
export function bytesOf(used, whole) {
  const [number, unit] = bytes(used).split(' ');
  return bytes(whole).endsWith(` ${unit}`) ? `${number} of ${bytes(whole)}` : `${bytes(used)} of ${bytes(whole)}`;
}

/** A duration in its largest one or two units. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}\u00a0s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60}\u00a0s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const valid = (at) => at !== null && at !== undefined && !Number.isNaN(new Date(at).getTime());

/** The time of day; with the day if that is not today, and with the year if it is another. */
export function time(at) {
  return valid(at) && new Date(at).toDateString() === new Date().toDateString() ? clock.format(new Date(at)) : date(at);
}

/** The day and the time; with the year if it is another. */
export function date(at) {
  if (!valid(at)) return NONE;
  const given = new Date(at);
  return (given.getFullYear() === new Date().getFullYear() ? day : year).format(given);
}

export const iso = (at) => (valid(at) ? new Date(at).toISOString() : '');

const LONGEST_ID = 20;

/** An id that is cut in the middle if it is long: those made one after the other begin alike. */
export const id = (whole, longest = LONGEST_ID) => {
  const given = String(whole ?? '');
  const half = Math.floor((longest - 1) / 2);
  return given.length <= longest ? given : `${given.slice(0, half)}…${given.slice(-half)}`;
};

/** The class of an exception, by itself or before its message. */
const EXCEPTION = /(?:\b(?:[a-z][\w$]*\.){2,}[A-Z][\w$]*|\b[A-Z]\w*Exception\b)(:\s+(?=\S))?/g;
/** Those that say nothing beside a message. */
const SAY_NOTHING = ['', 'runtime', 'illegal state', 'illegal argument', 'completion', 'execution', 'composite', 'throwable', 'no stack trace throwable'];

/** An error for people: exceptions in words instead of by their class. */
export function plain(error) {
  const given = String(error ?? '');
  let first = false;
  const text = given.replace(EXCEPTION, (whole, message, at) => {
    first ||= at === 0;
    const name = whole.replace(/:\s+$/, '').split(/[.$]/).pop().replace(/(Exception|Error)$/, '').replace(/^Annotated/, '');
    const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
    return SAY_NOTHING.includes(words) ? (message ? '' : 'failure') : `${words}${message ? ': ' : ''}`;
  });
  return first ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

const WITHOUT_MARKS = { products: 'all products', stocks: 'all stock' };

/** A key or tag of the cache in words, with the SKU that it is about, if it is about one. */
export function cacheKey(key) {
  const given = String(key ?? '');
  const colon = given.indexOf(':');
  const kind = colon < 0 ? given : given.slice(0, colon);
  const rest = colon < 0 ? '' : given.slice(colon + 1);
  if (kind === 'product') return { words: 'product', sku: rest };
  if (kind === 'locations') return { words: 'stock everywhere of', sku: rest };
  if (kind === 'stock') {
    const slash = rest.lastIndexOf('/');
    return slash < 0 ? { words: 'stock of', sku: rest } : { words: `stock at ${rest.slice(slash + 1)} of`, sku: rest.slice(0, slash) };
  }
  const list = WITHOUT_MARKS[kind];
  if (!list) return { words: given };
  let parts;
  try { parts = JSON.parse(rest); } catch { parts = []; }
  const named = kind === 'products' ? ['status', 'tag', 'search'] : ['at', 'low'];
  const asked = named.map((name, i) => (parts[i] && parts[i] !== 'false' ? (parts[i] === 'true' ? name : `${name} ${parts[i]}`) : '')).filter(Boolean);
  return { words: `list of ${asked.length ? `${kind === 'products' ? 'products' : 'stock'}: ${asked.join(', ')}` : list}${parts[parts.length - 1] && parts.length > named.length + 1 ? ', a later page' : ''}` };
}
