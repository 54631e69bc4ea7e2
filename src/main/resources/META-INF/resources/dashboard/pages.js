/** A list of the service that is read page by page: as much as was asked for, and read again in one request. */
import { call } from './api.js';

const MOST = 500;

export class Pages {
  items = [];
  next = null;
  #path;
  #size;
  #wanted;
  /** Counts the lists: a page of one before is not taken. */
  #list = 0;

  constructor(path, size) {
    this.#path = path;
    this.#size = this.#wanted = size;
  }

  /** Reads another list from now on. */
  begin(path) {
    this.#path = path;
    this.#wanted = this.#size;
    this.#list++;
    this.next = null;
  }

  #url(limit, after) {
    return `${this.#path}${this.#path.includes('?') ? '&' : '?'}limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`;
  }

  /** Reads what is shown again. */
  async load(options) {
    const begun = this.#list;
    const page = await call(this.#url(Math.min(MOST, this.#wanted)), options);
    if (begun !== this.#list) return;
    this.items = page.items;
    this.next = page.next;
  }

  /** Reads the next page. */
  async more() {
    if (this.next === null || this.items.length >= MOST) return;
    const begun = this.#list;
    const page = await call(this.#url(this.#size, this.next));
    if (begun !== this.#list) return;
    this.items = [...this.items, ...page.items];
    this.next = page.next;
    this.#wanted = this.items.length;
  }

  get hasMore() {
    return this.next !== null && this.items.length < MOST;
  }
}
