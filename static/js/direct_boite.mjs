/* The outbox of the live link (direct.mjs): each line stays until it is acknowledged or refused
 * for good, and goes under the same id at every try. */

import { Timers } from "./direct_outils.mjs";

const HTTP_AFTER = 6_000; // without a socket for this long, lines go by plain HTTP
const RETRY_AFTER = 3_000; // after a refusal that says "try again"

export class Outbox {
  #entries = new Map(); // id -> { conversation, id, body, inFlight }
  #timers = new Timers();
  #link;

  /**
   * @param {object} link
   * @param {(frame: object) => boolean} link.say sends a frame; false when there is no socket
   * @param {(frame: object) => void} link.tell tells the page an "ack" or a "nack"
   * @param {() => boolean} link.away whether the socket is away for now
   * @param {((entry: object) => Promise<object|null>)|undefined} link.post sends by plain HTTP
   */
  constructor(link) {
    this.#link = link;
  }

  get size() {
    return this.#entries.size;
  }

  put(conversation, id, body) {
    this.#entries.set(id, { conversation, id, body, inFlight: false });
    this.flush();
    this.#planHttp();
  }

  /** Acknowledged; false when it is not from here, or was told already. */
  keep(id) {
    return this.#entries.delete(id);
  }

  /** Refused: dropped for good, or tried again a little later. */
  refuse({ id, retry }) {
    if (!retry) {
      this.#entries.delete(id);
    } else if (this.#entries.has(id)) {
      this.#timers.set("retry", RETRY_AFTER, () => {
        this.release();
        this.flush();
      });
    }
  }

  /** What was on its way may be lost: it will be said again. */
  release() {
    for (const entry of this.#entries.values()) entry.inFlight = false;
    if (this.size) this.#planHttp();
  }

  /** Say, in order, what is not on its way yet. */
  flush() {
    for (const entry of this.#entries.values()) {
      if (entry.inFlight) continue;
      const { conversation, id, body } = entry;
      if (!this.#link.say({ t: "send", conversation, id, body })) return;
      entry.inFlight = true;
    }
  }

  /** No try any more; the lines stay. */
  rest() {
    this.#timers.clearAll();
  }

  #planHttp() {
    if (this.#link.post && !this.#timers.has("http")) {
      this.#timers.set("http", HTTP_AFTER, () => this.#sendByHttp());
    }
  }

  async #sendByHttp() {
    for (const entry of [...this.#entries.values()]) {
      if (!this.#link.away()) return;
      const answer = await this.#link.post(entry);
      if (answer === null) break;
      if (!this.#entries.has(entry.id)) continue;
      if (answer.t === "ack") this.keep(entry.id);
      else this.refuse(answer);
      this.#link.tell(answer);
      if (answer.retry) break;
    }
    if (this.size && this.#link.away()) this.#planHttp();
  }
}
