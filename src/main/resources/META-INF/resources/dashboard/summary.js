/** The metrics of the whole cluster, requested every few seconds while the page is visible. */
import { call } from './api.js';
import { every, soon } from './clock.js';
import * as live from './live.js';
import * as session from './session.js';

const readers = [];
let span = 'hour', task, asked = 0;
export let latest = null;

/** listener.take(summary) and listener.failed(problem). */
export const read = (listener) => readers.push(listener);

export function look(back) {
  span = back;
  refresh();
}

export function refresh() {
  if (task) soon(task);
}

async function ask() {
  const number = ++asked;
  try {
    const summary = await call(`/api/metrics/summary?window=${span}`);
    if (number !== asked) return;
    latest = summary;
    live.compare(summary.at, summary.head);
    readers.forEach((reader) => reader.take(summary));
  } catch (problem) {
    if (number === asked) readers.forEach((reader) => reader.failed(problem));
  }
}

export function start() {
  if (session.can('operator')) task = every(5, ask);
}
