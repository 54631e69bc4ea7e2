/** Charts over time (uPlot), in the colours of the theme, with a text and a table as alternatives. */
import { el, text } from './dom.js';
import * as format from './format.js';

const ROWS = 120;
const probe = el('span', { hidden: true });

/** A colour of the style sheet in a format for a canvas. */
function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.className = `colour-${name}`;
  return getComputedStyle(probe).color;
}

export class Chart {
  #plot;
  #data;
  #readout;
  #table;

  /**
   * @param series [{label, colour, format, fill, steps, dash}]
   * @param options {height, title, axis: format of the y axis, min: the minimum of the upper end of the y axis, empty: the text without data}
   */
  constructor(parent, series, options) {
    this.series = series;
    this.options = options;
    this.canvas = el('div', { class: 'canvas', role: 'img', 'aria-label': `${options.title}: nothing yet.` });
    this.#readout = el('p', { class: 'readout' });
    this.#table = el('details', { class: 'as-table' }, el('summary', {}, `${options.title} as a table`));
    this.#table.addEventListener('toggle', () => this.#fillTable());
    parent.replaceChildren(this.#readout, this.canvas, this.#table);
    this.#plot = new uPlot(this.#options(), [[], ...series.map(() => [])], this.canvas);
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.canvas);
    this.redraw = () => this.#plot.redraw(false);
    document.addEventListener('themechange', this.redraw);
  }

  #options() {
    const { options } = this;
    const axis = { stroke: () => colour('muted'), font: '11px system-ui, sans-serif', ticks: { show: false }, grid: { stroke: () => colour('grid'), width: 1 } };
    return {
      width: 300, height: options.height ?? 150, legend: { show: false }, padding: [8, 8, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (u, low, high) => [Math.min(0, low ?? 0), Math.max(options.min ?? 1, (high ?? 0) * 1.08)] } },
      axes: [
        { ...axis, space: 60, size: 26, values: [[86400, '{D} {MMM}', null, null, null, null, null, null, 1], [3600, '{HH}:{mm}', '\n{D} {MMM}', null, null, null, null, null, 1], [60, '{HH}:{mm}', null, null, null, null, null, null, 1], [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1]] },
        { ...axis, size: 46, space: 28, values: (u, values) => values.map(options.axis) },
      ],
      series: [{}, ...this.series.map((one) => ({
        label: one.label, width: 1.5, points: { show: false }, dash: one.dash, stroke: () => colour(one.colour),
        fill: one.fill ? () => colour(`${one.colour}-fill`) : undefined,
        paths: one.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
      }))],
      hooks: { setCursor: [() => this.#read()] },
    };
  }

  #resize() {
    const width = Math.floor(this.canvas.clientWidth);
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: this.options.height ?? 150 });
  }

  /** Shows columns: seconds since 1970, then the values of each series. */
  show(data) {
    this.#data = data;
    this.#plot.setData(data);
    this.#read();
    this.canvas.setAttribute('aria-label', this.#words());
    this.#fillTable();
  }

  #read() {
    if (!this.#data) return;
    const [at] = this.#data;
    const pointed = this.#plot.cursor.idx;
    const index = pointed ?? at.length - 1;
    const parts = this.series.map((one, i) => el('span', { class: 'entry' },
      el('span', { class: `swatch colour-${one.colour}`, 'aria-hidden': 'true' }), `${one.label} `,
      el('b', {}, one.format(index < 0 ? null : this.#data[i + 1][index]))));
    const when = el('span', { class: 'muted' }, pointed === null || pointed === undefined ? (at.length ? '' : this.options.empty ?? 'no data yet') : format.time(at[index] * 1000));
    this.#readout.replaceChildren(...parts, when);
  }

  #words() {
    const spans = this.series.map((one, i) => {
      const known = this.#data[i + 1].filter((value) => value !== null && value !== undefined);
      if (!known.length) return `${one.label}: nothing yet`;
      const [least, most] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
      return `${one.label}: now ${one.format(known[known.length - 1])}, from ${one.format(least)} to ${one.format(most)}`;
    });
    return `${this.options.title}. ${spans.join('; ')}.`;
  }

  #fillTable() {
    if (!this.#table.open || !this.#data) {
      this.#table.querySelector('.scroll')?.remove();
      return;
    }
    const rows = [];
    for (let i = this.#data[0].length - 1; i >= 0 && rows.length < ROWS; i--) {
      if (this.series.every((one, s) => this.#data[s + 1][i] === null)) continue;
      rows.push(el('tr', {}, el('th', { scope: 'row' }, format.time(this.#data[0][i] * 1000)),
        this.series.map((one, s) => el('td', { class: 'number' }, one.format(this.#data[s + 1][i])))));
    }
    const table = el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Time'),
      this.series.map((one) => el('th', { scope: 'col', class: 'number' }, one.label)))), el('tbody', {}, rows));
    const box = this.#table.querySelector('.scroll');
    if (box) box.replaceChildren(table);
    else this.#table.append(el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${this.options.title} as a table` }, table));
  }

  end() {
    this.observer.disconnect();
    document.removeEventListener('themechange', this.redraw);
    this.#plot.destroy();
  }
}
