/** Counts the events of each of the last seconds. A second without a connection is unknown, not zero, until its events have arrived. */
const SECONDS = 300;
const MOST_GAPS = 50;

export class Rate {
  #second = new Float64Array(SECONDS);
  #count = new Float64Array(SECONDS);
  #gaps = [];
  #lostAt = null;
  #began = null;

  begin(at) {
    this.#began ??= at;
  }

  /** All events since this time have been added. */
  knownSince(at) {
    this.#began = Math.min(this.#began ?? at, at);
  }

  add(at) {
    const second = Math.floor(at / 1000);
    const slot = second % SECONDS;
    if (second < this.#second[slot]) return;
    if (this.#second[slot] !== second) {
      this.#second[slot] = second;
      this.#count[slot] = 0;
    }
    this.#count[slot]++;
  }

  lost(at) {
    this.#lostAt ??= at;
  }

  /** All events missed while disconnected have arrived. */
  caughtUp() {
    this.#lostAt = null;
  }

  /** The missed events will not arrive. */
  gap(at) {
    if (this.#lostAt !== null) this.#gaps.push([this.#lostAt, at]);
    if (this.#gaps.length > MOST_GAPS) this.#gaps.shift();
    this.#lostAt = null;
  }

  /** Seconds and their counts up to the last complete one; null for an unknown count. */
  series(now) {
    const last = Math.floor(now / 1000) - 1;
    const seconds = [], counts = [];
    for (let second = last - SECONDS + 2; second <= last; second++) {
      const slot = second % SECONDS;
      const at = second * 1000;
      const unknown = this.#began === null || at < this.#began || (this.#lostAt !== null && at >= this.#lostAt)
        || this.#gaps.some(([from, to]) => at >= from - 1000 && at < to);
      seconds.push(second);
      counts.push(unknown ? null : this.#second[slot] === second ? this.#count[slot] : 0);
    }
    return [seconds, counts];
  }

  /** The mean of the last few seconds. */
  mean(now, over = 5) {
    const known = this.series(now)[1].slice(-over).filter((count) => count !== null);
    return known.length ? known.reduce((sum, count) => sum + count, 0) / known.length : null;
  }
}
