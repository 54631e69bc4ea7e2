/** Jobs by state, and one that a link names: progress and errors; jobs can be cancelled and retried. */
import { byId, el, list, set, text } from './dom.js';
import { call, NamedKeys, show } from './api.js';
import { every, settle, soon } from './clock.js';
import { Panel, button, confirmed, link } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as summary from './summary.js';

const SHOWN = 30;
const SHOWN_OF_EACH = 10;
const OPEN = 'open';
const STATES = ['running', 'available', 'scheduled', 'retryable', 'discarded', 'completed', 'cancelled'];
/** The states of unfinished jobs, the most interesting first. */
const UNFINISHED = ['running', 'retryable', 'available', 'scheduled'];
const wanted = (state) => chosen === '' || chosen === state || (chosen === OPEN && UNFINISHED.includes(state));
const OVER = ['cancelled', 'discarded'];

let rows = [], chosen = OPEN, panel, task, counts = {}, named = null;
const keys = new NamedKeys();

async function act(path, action) {
  show(panel.find('.problem'), null);
  try {
    const answer = await call(path, { method: 'POST', key: keys.for(path, action) });
    keys.settled(path);
    if (answer?.id) patch(answer);
  } catch (problem) {
    keys.settled(path, problem);
    show(panel.find('.problem'), problem);
  }
  soon(task);
}

async function cancel(job) {
  const running = job.state === 'running';
  if (await confirmed(running ? 'Stop this job?' : 'Cancel this job?',
    `${job.kind}${running ? ' is running: what it has done so far is not undone.' : ' will not run.'} You can retry it later.`, running ? 'Stop it' : 'Cancel it')) {
    await act(`/api/jobs/${job.id}/cancel`, 'cancel');
  }
}

async function retryAll() {
  const kinds = [...new Set(rows.filter((job) => job.state === 'discarded').map((job) => job.kind))];
  if (!kinds.length) return;
  if (await confirmed('Retry all discarded jobs?', `All discarded jobs of ${kinds.join(', ')} are retried now, including those that are not shown.`, 'Retry them')) {
    for (const kind of kinds) await act(`/api/jobs/retry?kind=${encodeURIComponent(kind)}`, 'retry');
  }
}

function progress(job) {
  const { done, total, note } = job.progress ?? {};
  if (!(total > 0)) return [];
  return [el('progress', { max: total, value: Math.min(done ?? 0, total), 'aria-label': `Progress of ${job.kind}` }),
    el('span', { class: 'number' }, `${format.count(done)} of ${format.count(total)}`), note ? el('span', { class: 'muted' }, note) : null];
}

function when(job) {
  if (job.finishedAt) return `ended ${format.time(job.finishedAt)}`;
  if (job.state === 'running') return job.cancelRequested ? 'stopping' : '';
  return `due ${format.time(job.runAt)}`;
}

function fill(made, job) {
  const json = JSON.stringify(job);
  if (made.dataset.json === json) return;
  made.dataset.json = json;
  set(made, 'data-state', job.state);
  made.job = job;
  text(made.querySelector('.badge'), job.state);
  text(made.querySelector('.words'), [`attempt ${job.attempt} of ${job.maxAttempts}`, when(job)].filter(Boolean).join(' · '));
  made.querySelector('.progress').replaceChildren(...progress(job).filter(Boolean));
  const error = job.errors?.length && job.state !== 'completed' ? format.plain(job.errors[job.errors.length - 1].error) : '';
  text(made.querySelector('.error'), error);
  made.querySelector('.cancel').hidden = !UNFINISHED.includes(job.state);
  const retry = made.querySelector('.retry');
  retry.hidden = ![...OVER, 'scheduled', 'retryable'].includes(job.state);
  const label = job.attempt > 0 ? 'Retry' : 'Run now';
  text(retry, label);
  set(retry, 'aria-label', `${label}: ${job.kind} ${format.id(job.id)}`);
}

function create() {
  const made = el('li', { class: 'job' },
    el('span', { class: 'kind' }), el('span', { class: 'badge' }),
    el('span', { class: 'do' },
      button('Run now', 'operator', () => act(`/api/jobs/${made.job.id}/retry`, 'retry'), { class: 'retry' }),
      button('Cancel', 'operator', () => cancel(made.job), { class: 'cancel' })),
    el('span', { class: 'facts' }, el('span', { class: 'id' }), ' · ', el('span', { class: 'words' })),
    el('span', { class: 'progress' }), el('span', { class: 'error' }));
  return made;
}

function draw() {
  const shown = named ? [named, ...rows.filter((job) => job.id !== named.id)] : rows;
  list(byId('jobs-list'), shown, (job) => job.id, (job) => {
    const made = create();
    text(made.querySelector('.kind'), job.kind);
    made.querySelector('.id').append(link('job', job.id));
    set(made.querySelector('.cancel'), 'aria-label', `Cancel ${job.kind} ${format.id(job.id)}`);
    return made;
  }, (made, job) => { set(made, 'aria-current', job.id === named?.id && 'true'); fill(made, job); });
  if (!shown.length) byId('jobs-list').replaceChildren(el('li', { class: 'empty muted' }, chosen === OPEN ? 'There are no unfinished jobs.' : chosen ? `No job is ${chosen}.` : 'There are no jobs.'));
  byId('jobs-retry-all').hidden = chosen !== 'discarded' || !rows.length;
  for (const label of byId('jobs-states').querySelectorAll('label')) {
    const { state } = label.dataset;
    text(label.querySelector('.n'), STATES.includes(state) ? format.compact(counts[state]).replace('–', '') : '');
  }
}

/** Updates a job that is shown. False if it is not shown. */
function patch(job) {
  if (named?.id === job.id) { named = { ...named, ...job }; redraw(); }
  const at = rows.findIndex((one) => one.id === job.id);
  if (at < 0) return false;
  if (!wanted(job.state)) rows.splice(at, 1);
  else rows[at] = { ...rows[at], ...job };
  redraw();
  return true;
}

let asked = 0;
async function load() {
  const number = ++asked;
  try {
    const states = chosen === OPEN ? UNFINISHED : [chosen];
    const pages = await Promise.all(states.map((state) => call(`/api/jobs?limit=${chosen === OPEN ? SHOWN_OF_EACH : SHOWN}${state ? `&state=${state}` : ''}`)));
    if (number !== asked) return;
    // a job may have changed its state between two of the requests
    rows = [...new Map(pages.flatMap((page) => page.items).map((job) => [job.id, job])).values()];
    if (named) named = rows.find((job) => job.id === named.id) ?? await call(`/api/jobs/${named.id}`).catch(() => named);
    panel.fresh();
    draw();
  } catch (problem) {
    panel.failed(problem);
  }
}

const redraw = settle(150, draw);

/** Shows the job that the address names, whatever its state, above the others. */
async function open() {
  const [, id] = location.hash.match(/^#job\/([\w-]+)$/) ?? [];
  if (!id) return;
  panel.root.scrollIntoView();
  try {
    named = await call(`/api/jobs/${id}`);
    show(panel.find('.problem'), null);
  } catch (problem) {
    named = null;
    show(panel.find('.problem'), problem);
  }
  draw();
  panel.find('.scroll').scrollTop = 0;
}

export function start() {
  panel = new Panel('jobs', 40_000, true);
  if (!panel.needs('operator')) return;
  for (const state of [OPEN, ...STATES, '']) {
    const box = el('input', { type: 'radio', name: 'job-state', value: state, checked: state === OPEN });
    box.addEventListener('change', () => { chosen = state; load(); });
    byId('jobs-states').append(el('label', { data: { state } }, box, el('span', {}, state || 'all', ' ', el('b', { class: 'n' }))));
  }
  byId('jobs-retry-all').replaceWith(button('Retry all discarded', 'operator', retryAll, { id: 'jobs-retry-all', hidden: true }));
  addEventListener('hashchange', open);
  open();
  task = every(15, load);
  const again = settle(1_500, () => soon(task));
  live.on('queue.', ({ type, payload }) => {
    // a finished job has a result and errors that its event does not contain
    if (!patch(payload) || type === 'queue.complete') again();
  });
  live.when('state', ({ name }) => name === 'live' && again());
  summary.read({ take: (data) => { counts = data.jobs ?? {}; draw(); }, failed() {} });
}
