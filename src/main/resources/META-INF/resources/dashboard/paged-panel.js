/** A panel with a list that is read page by page, every 30 s again, with a button for more. Its id is the section's; the list's is `<id>-list`. */
import { byId, el, list } from './dom.js';
import { every, soon } from './clock.js';
import { Pages } from './pages.js';
import { Panel, button } from './panel.js';

const SHOWN = 50;
const OLD = 90_000;

export class PagedPanel extends Panel {
  #pages; #id; #role; #view; #task;

  /** @param view {empty, create, fill}: what an empty list says, and the row of an item */
  constructor(id, path, role, view) {
    super(id, OLD);
    this.#pages = new Pages(path, SHOWN);
    this.#id = id;
    this.#role = role;
    this.#view = view;
  }

  start() {
    if (!this.needs(this.#role)) return false;
    byId(`${this.#id}-list`).after(button('More', this.#role, () => this.#read(this.#pages.more()), { id: `${this.#id}-more`, class: 'quiet', hidden: true }));
    this.#task = every(30, () => this.#read(this.#pages.load()));
    return true;
  }

  /** Reads it soon. */
  again() { soon(this.#task); }

  /** Takes an item out that is dealt with. */
  remove(id) {
    this.#pages.items = this.#pages.items.filter((each) => each.id !== id);
    this.#draw();
  }

  #draw() {
    const { empty, create, fill } = this.#view;
    const box = byId(`${this.#id}-list`);
    list(box, this.#pages.items, (one) => one.id, create, fill);
    if (!this.#pages.items.length) box.replaceChildren(el('li', { class: 'empty muted' }, empty));
    byId(`${this.#id}-more`).hidden = !this.#pages.hasMore;
  }

  async #read(reading) {
    try {
      await reading;
      this.fresh();
      this.#draw();
    } catch (problem) {
      this.failed(problem);
    }
  }
}
