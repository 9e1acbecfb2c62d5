/* Reading without a socket: behind a proxy that lets none through, a page asks by plain HTTP, from
 * time to time, for the lines that it misses. It does so while somebody looks at it. */

import { Timers } from "./direct_outils.mjs";

// Each wait is as long again at most, by chance: when a service comes back, its pages ask in turn,
// and most of them have found their socket again by then.
const FIRST = 8_000;
const EVERY = 12_000;
const LONGEST = 60_000; // when nothing passes
const GONE = ["NOT_FOUND", "ERASED"];

export class Reading {
  #timers = new Timers();
  #absence = 0; // of the socket: what was asked during another one is not heard
  #under = false; // a reading is under way
  #again = false; // there is a reason for another one at once
  #failed = 0; // readings in a row that did not pass
  #passes = false; // plain HTTP is known to pass
  #link;

  /**
   * @param {object} link
   * @param {() => boolean} link.away whether the socket is away for now
   * @param {Map<string, number>} link.cursors how far the page is in each conversation
   * @param {(place: object) => Promise<object|null>} link.read asks for the lines after a place
   * @param {(frame: object) => void} link.hear is told what came, as the socket would say it; or
   *   { t: "signin" }
   * @param {(passes: boolean) => void} link.tell plain HTTP begins to pass, or passes no more
   */
  constructor(link) {
    this.#link = link;
  }

  /** The socket is away. */
  start() {
    if (!this.#under && !this.#timers.has("read")) this.#plan(FIRST);
  }

  /** A line passed by plain HTTP: so does reading, and its answer may be there. */
  passed() {
    if (!this.#link.away()) return;
    this.#note(true);
    this.#now();
  }

  /** The person looks at the page again. */
  looked() {
    if (this.#passes) this.#now();
  }

  /** The socket is back, or the page gives up. */
  rest() {
    this.#timers.clearAll();
    this.#absence += 1;
    this.#failed = 0;
    this.#passes = this.#again = false;
  }

  #plan(wait) {
    this.#timers.set("read", wait * (1 + Math.random()), () => this.#read());
  }

  #now() {
    if (this.#under) this.#again = true;
    else this.#read();
  }

  async #read() {
    const { away, cursors } = this.#link;
    if (this.#under || !away() || !cursors.size) return;
    if (document.visibilityState !== "visible" || !navigator.onLine) return this.#plan(EVERY);
    const absence = this.#absence;
    this.#timers.clear("read");
    this.#again = false;
    this.#under = true;
    let passes = false;
    try {
      passes = await this.#readAll(() => away() && absence === this.#absence);
    } finally {
      this.#under = false;
    }
    if (!away()) return;
    if (absence !== this.#absence) return this.start(); // it came back, and went again
    this.#failed = passes ? 0 : this.#failed + 1;
    this.#note(passes);
    if (passes && this.#again) this.#read();
    else this.#plan(Math.min(LONGEST, EVERY * 2 ** this.#failed));
  }

  #note(passes) {
    if (passes === this.#passes) return;
    this.#passes = passes;
    this.#link.tell(passes);
  }

  /** What each conversation misses; false when it did not pass. */
  async #readAll(goOn) {
    const { cursors, read } = this.#link;
    for (const conversation of cursors.keys()) {
      let more = true;
      while (more && goOn()) {
        const cursor = cursors.get(conversation);
        const opened = document.visibilityState === "visible";
        const said = await read({ conversation, cursor, opened });
        if (!goOn() || !cursors.has(conversation)) return true;
        const heard = this.#hear(conversation, said);
        if (heard === null) return false;
        more = heard && cursors.get(conversation) > cursor;
      }
    }
    return true;
  }

  /** Tell what was read. True when more lines follow; null when nothing could be read. */
  #hear(conversation, said) {
    const { hear } = this.#link;
    if (said === null) return null;
    if (said.t === "signin" || said.code === "OTHER_EPOCH") hear(said);
    else if (GONE.includes(said.code)) hear({ t: "gone", conversation });
    else if (said.t === "nack") return null;
    else {
      const { id, lines, more, ...state } = said;
      for (const line of lines) hear({ t: "line", conversation, ...line });
      if (!more) hear({ t: "state", conversation: id, ...state });
      return more;
    }
    return false;
  }
}
