/** Files of products and stock: dropped, shown with what their columns are, tried without a change, then imported. */
import { byId, el, list, set, text } from './dom.js';
import { call, download, show, upload } from './api.js';
import { every, settle, soon } from './clock.js';
import { Panel, button } from './panel.js';
import * as format from './format.js';
import * as live from './live.js';
import * as session from './session.js';

const SHOWN = 20;
const LINES = 5;
const HEAD = 64 * 1024;
const FIELDS = {
  products: ['sku', 'name', 'description', 'price', 'currency', 'status', 'tags', 'attributes'],
  counts: ['sku', 'location', 'onHand', 'countedAt'],
  thresholds: ['sku', 'location', 'threshold'],
};
const ROLE = { products: 'editor', counts: 'stock', thresholds: 'stock' };
const CHARSETS = ['utf-8', 'windows-1252', 'iso-8859-1', 'utf-16le', 'utf-16be'];

let panel, task, file = null, tried = null, rows = [];

const value = (name) => byId(`import-${name}`).value.trim();
const isJson = () => /\.(nd)?jsonl?$/i.test(file?.name ?? '');

/** The records at the beginning of a text, its fields separated by this character. */
function records(content, separator, most) {
  const found = [];
  let record = [], field = '', quoted = false, begun = false;
  const end = () => { record.push(field); field = ''; begun = false; };
  for (let i = 0; i < content.length && found.length < most; i++) {
    const c = content[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (content[i + 1] === '"') field += content[++i];
      else quoted = false;
    } else if (c === '"' && !begun) quoted = begun = true;
    else if (c === separator) end();
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && content[i + 1] === '\n') i++;
      end();
      if (record.some((one) => one.trim())) found.push(record);
      record = [];
    } else { field += c; begun = true; }
  }
  if (found.length < most && (field || record.length)) { end(); found.push(record); }
  return found;
}

function split(content) {
  const ways = [',', ';', '\t', '|'].map((separator) => records(content, separator, LINES + 1));
  return ways.reduce((best, way) => ((way[0]?.length ?? 0) > (best[0]?.length ?? 0) ? way : best));
}

/** The field that a column is by its name; empty if none. */
function guess(name, kind) {
  const plain = name.trim().toLowerCase().replace(/^price\./, '').replace('amount', 'price');
  return FIELDS[kind].find((field) => field.toLowerCase() === plain) ?? (kind === 'products' && /^attributes\../.test(name.trim()) ? name.trim() : '');
}

async function preview() {
  tried = null;
  show(panel.find('.problem'), null);
  text(byId('import-said'), '');
  const box = byId('import-preview');
  box.hidden = !file;
  if (!file) return actions();
  const content = new TextDecoder(value('charset') || 'utf-8').decode(await file.slice(0, HEAD).arrayBuffer());
  if (isJson() || value('preset')) {
    box.replaceChildren(el('pre', {}, content.split(/\r?\n/).slice(0, LINES).join('\n').slice(0, 2_000)));
    return actions();
  }
  const [header = [], ...lines] = split(content);
  const kind = value('kind');
  const head = header.map((name, i) => {
    const choice = el('select', { 'aria-label': `Field of the column ${name}`, data: { column: name } },
      el('option', { value: '-' }, 'left out'),
      FIELDS[kind].map((field) => el('option', { value: field }, field)),
      kind === 'products' && name.trim() ? el('option', { value: `attributes.${name.trim().replace(/^attributes\./, '')}` }, `attribute ${name.trim()}`) : null);
    choice.value = guess(name, kind) || '-';
    if (!choice.value) choice.value = '-';
    choice.addEventListener('change', () => { tried = null; actions(); });
    return el('th', { scope: 'col' }, el('div', {}, name || `column ${i + 1}`), choice);
  });
  box.replaceChildren(el('table', {}, el('thead', {}, el('tr', {}, head)),
    el('tbody', {}, lines.map((line) => el('tr', {}, header.map((name, i) => el('td', {}, (line[i] ?? '').slice(0, 80))))))));
  actions();
}

/** What the service is told of the file. */
function query(dryRun) {
  const asked = new URLSearchParams({ kind: value('kind'), dryRun });
  for (const name of ['preset', 'decimal', 'currency']) {
    if (value(name) && (name !== 'currency' || value('kind') === 'products') && !(isJson() && name !== 'preset')) asked.set(name, value(name));
  }
  if (!value('preset') && !isJson()) {
    for (const choice of byId('import-preview').querySelectorAll('select')) {
      const { column } = choice.dataset;
      if (column.trim()) asked.append('map', `"${`${column}:${choice.value}`.replaceAll('"', '""')}"`);
    }
  }
  return asked;
}

async function send(dryRun) {
  show(panel.find('.problem'), null);
  text(byId('import-said'), dryRun ? 'Trying the file …' : 'Sending the file …');
  const type = `${isJson() ? 'application/x-ndjson' : 'text/csv'}${value('charset') ? `; charset=${value('charset')}` : ''}`;
  try {
    const made = await upload(`/api/imports?${query(dryRun)}`, file, type);
    tried = dryRun ? made.id : null;
    text(byId('import-said'), '');
    patch(made);
    soon(task);
  } catch (problem) {
    text(byId('import-said'), '');
    show(panel.find('.problem'), problem);
  }
  actions();
}

function actions() {
  const role = ROLE[value('kind')];
  const done = rows.find((one) => one.id === tried && one.state === 'completed');
  const go = button('Import', role, () => send(false), { id: 'import-go', disabled: !done });
  byId('import-do').replaceChildren(
    button('Try it: change nothing', role, () => send(true), { id: 'import-try', disabled: !file }), ' ', go, ' ',
    el('span', { class: 'muted' }, done ? `Would create ${format.count(done.created)}, change ${format.count(done.updated)}, refuse ${format.count(done.rejected)}.` : file ? 'Try the file first.' : ''));
}

async function save(one) {
  const content = await download(`/api/imports/${one.id}/rejected`);
  const link = el('a', { href: URL.createObjectURL(content), download: `rejected-${one.id}${one.format?.separator ? '.csv' : '.ndjson'}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function act(work) {
  try { await work(); show(panel.find('.problem'), null); } catch (problem) { show(panel.find('.problem'), problem); }
  soon(task);
}

function create() {
  const made = el('li', { class: 'job import' },
    el('span', { class: 'kind' }), el('span', { class: 'badge' }),
    el('span', { class: 'do' },
      button('Refused lines', 'viewer', () => act(() => save(made.one)), { class: 'refused' }),
      button('Stop', 'viewer', () => act(() => call(`/api/imports/${made.one.id}/cancel`, { method: 'POST' })), { class: 'cancel' })),
    el('span', { class: 'facts' }), el('span', { class: 'progress' }), el('span', { class: 'error' }));
  return made;
}

function fill(made, one) {
  made.one = one;
  set(made, 'data-state', one.state);
  text(made.querySelector('.kind'), `${one.kind}${one.dryRun ? ' (dry run)' : ''}`);
  text(made.querySelector('.badge'), one.state);
  const numbers = ['read', 'created', 'updated', 'unchanged', 'rejected'].map((name) => `${format.count(one[name])} ${name}`);
  text(made.querySelector('.facts'), [format.time(one.createdAt), one.createdBy, ...numbers].join(' · '));
  const share = one.finishedAt || !(one.bytes > 0) ? [] : [el('progress', { max: one.bytes, value: one.done, 'aria-label': `Progress of the import of ${one.kind}` }),
    el('span', { class: 'number' }, format.percent(one.done / one.bytes))];
  made.querySelector('.progress').replaceChildren(...share);
  text(made.querySelector('.error'), [format.plain(one.reason ?? ''), ...(one.notes ?? [])].filter(Boolean).join(' '));
  made.querySelector('.refused').hidden = !one.rejected;
  made.querySelector('.cancel').hidden = Boolean(one.finishedAt);
}

function draw() {
  list(byId('imports-list'), rows, (one) => one.id, create, fill);
  if (!rows.length) byId('imports-list').replaceChildren(el('li', { class: 'empty muted' }, 'Nothing has been imported.'));
  const done = rows.find((one) => one.id === tried);
  if (done?.finishedAt) actions();
}

function patch(one) {
  const at = rows.findIndex((each) => each.id === one.id);
  if (at < 0) rows.unshift(one);
  else rows[at] = { ...rows[at], ...one };
  draw();
}

async function load() {
  try {
    rows = (await call(`/api/imports?limit=${SHOWN}`)).items;
    panel.fresh();
    draw();
  } catch (problem) {
    panel.failed(problem);
  }
}

function choose(files) {
  [file = null] = files;
  text(byId('import-said'), file ? `${file.name}, ${format.count(file.size)} bytes` : '');
  return preview();
}

export function start() {
  panel = new Panel('imports', 40_000);
  if (!panel.needs('editor', 'stock')) return;
  byId('import-kind').append(...Object.keys(FIELDS).map((kind) => el('option', { value: kind, disabled: !session.can(ROLE[kind]) }, kind)));
  byId('import-kind').value = session.can('editor') ? 'products' : 'counts';
  byId('import-charset').append(el('option', { value: '' }, 'UTF-8, or as the file says'), ...CHARSETS.slice(1).map((name) => el('option', { value: name }, name)));
  for (const name of ['kind', 'preset', 'charset']) byId(`import-${name}`).addEventListener('change', preview);
  for (const name of ['decimal', 'currency']) byId(`import-${name}`).addEventListener('change', () => { tried = null; actions(); });
  byId('import-file').addEventListener('change', ({ target }) => choose(target.files));
  const drop = byId('import-drop');
  for (const name of ['dragover', 'dragleave', 'drop']) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      set(drop, 'data-over', name === 'dragover');
      if (name === 'drop') choose(event.dataTransfer.files);
    });
  }
  task = every(15, load);
  const again = settle(300, () => soon(task));
  // operators hear of the jobs; for the others the list is read again while something is under way
  live.on('queue.', ({ payload }) => payload.kind === 'import.run' && again());
  every(1, () => { if (rows.some((one) => !one.finishedAt)) again(); });
  actions();
}
