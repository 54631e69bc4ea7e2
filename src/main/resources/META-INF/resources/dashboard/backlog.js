/** The events before the page was opened, read once: the last ones for the ticker, and those of the last minutes for the chart. */
import { call } from './api.js';
import * as live from './live.js';

const PAGE = 500;
const MOST_PAGES = 5;
const BACK = 300_000;

const listeners = [];
let begun = false;

/** listener receives the events in their order, and since when they are complete, in milliseconds. */
export const read = (listener) => listeners.push(listener);

const timeOf = (event) => Date.parse(event.metadata.timestamp);

/** The page that ends with this position. Fewer than a page may be stored: then all of them. */
async function endingWith(position) {
  const after = Math.max(0, position - PAGE);
  let page;
  try {
    page = await call(`/api/events?after=${after}&limit=${PAGE}`);
  } catch (problem) {
    if (problem.status !== 410) throw problem;
    page = await call(`/api/events?after=0&limit=${PAGE}`);
  }
  return page.items.filter((event) => event.metadata.position <= position);
}

async function load(position) {
  const now = live.serviceTime();
  let events = [], upTo = position, since = null;
  for (let i = 0; i < MOST_PAGES && since === null; i++) {
    const page = await endingWith(upTo);
    events = [...page, ...events];
    const first = page[0];
    if (!first || first.metadata.position <= 1 || timeOf(first) < now - BACK || page.length < PAGE) since = now - BACK;
    else upTo = first.metadata.position - 1;
  }
  listeners.forEach((listener) => listener(events, since ?? timeOf(events[0])));
}

export function start() {
  live.when('state', ({ name }) => {
    if (begun || name !== 'live' || live.position() === undefined) return;
    begun = true;
    // without them the page shows what happens from now on
    load(live.position()).catch((problem) => console.info(`no events from before: ${problem.message}`));
  });
}
