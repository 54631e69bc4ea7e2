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
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const valid = (at) => at !== null && at !== undefined && !Number.isNaN(new Date(at).getTime());

/** The time of day; with the date if it is not within the last hours. */
export function time(at) {
  if (!valid(at)) return NONE;
  const date = new Date(at);
  return (Math.abs(Date.now() - date.getTime()) < 43_200_000 ? clock : day).format(date);
}

export const iso = (at) => (valid(at) ? new Date(at).toISOString() : '');
