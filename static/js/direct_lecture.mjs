/* Reading without a socket: behind a proxy that lets none through, a page asks by plain HTTP, from
 * time to time, for the lines that it misses. It does so while somebody looks at it. */

import { Timers } from "./direct_outils.mjs";

// Each wait is as long again at most, by chance: when a service comes back, its pages ask in turn,
// and most of them have found their socket again by then.
const FIRST = 8_000;
const EVERY = 12_000;
const LONGEST = 60_000; // when nothing passes

export class Reading {
  #timers = new Timers();
  #under = false; // a reading is under way
  #failed = 0; // readings in a row that did not pass
  #passes = false;
  #link;

  /**
   * @param {object} link
   * @param {() => boolean} link.away whether the socket is away for now
   * @param {Map<string, number>} link.cursors how far the page is in each conversation
   * @param {(place: object) => Promise<object|null>} link.read asks for the lines after a place
   * @param {(frame: object) => void} link.hear is told what came, as the socket would say it; or
   *   { t: "signin" }
   * @param {(passes: boolean) => void} link.tell reading begins to pass, or passes no more
   */
  constructor(link) {
    this.#link = link;
  }

  /** The socket is away. */
  start() {
    if (!this.#under && !this.#timers.has("read")) this.#plan(FIRST);
  }

  /** There is a reason to read at once. */
  now() {
    this.#read();
  }

  /** The socket is back, or the page gives up. */
  rest() {
    this.#timers.clearAll();
    this.#failed = 0;
    this.#passes = false;
  }

  #plan(wait) {
    this.#timers.set("read", wait * (1 + Math.random()), () => this.#read());
  }

  async #read() {
    const { away, cursors, tell } = this.#link;
    if (this.#under || !away() || !cursors.size) return;
    if (document.visibilityState !== "visible" || !navigator.onLine) return this.#plan(EVERY);
    this.#under = true;
    const passed = await this.#readAll();
    this.#under = false;
    if (!away()) return;
    this.#failed = passed ? 0 : this.#failed + 1;
    this.#plan(Math.min(LONGEST, EVERY * 2 ** this.#failed));
    if (passed === this.#passes) return;
    this.#passes = passed;
    tell(passed);
  }

  /** What each conversation misses; false when it did not pass. */
  async #readAll() {
    const { away, cursors, read } = this.#link;
    for (const conversation of cursors.keys()) {
      let more = true;
      while (more) {
        const cursor = cursors.get(conversation);
        const opened = document.visibilityState === "visible";
        const said = await read({ conversation, cursor, opened });
        if (said === null || said.retry) return false;
        if (!away() || !cursors.has(conversation)) return true; // the socket is back
        more = this.#hear(conversation, said) && cursors.get(conversation) > cursor;
      }
    }
    return true;
  }

  /** Tell what was read; true when more lines follow. */
  #hear(conversation, said) {
    const { hear } = this.#link;
    if (said.t === "signin" || said.code === "OTHER_EPOCH") hear(said);
    else if (said.t === "nack") hear({ t: "gone", conversation });
    else {
      const { lines, more, ...state } = said;
      for (const line of lines) hear({ t: "line", conversation, ...line });
      if (!more) hear({ t: "state", conversation, ...state });
      return more;
    }
    return false;
  }
}
