/* The outbox of the live link (direct.mjs): each line stays until it is acknowledged, or taken back
 * after a refusal, and goes under the same id at every try. One line of a conversation at a time,
 * so that what one person wrote is kept in the order of the writing.
 *
 * With a store (coffre.mjs) a line outlives the page. */

import { Timers, backOff, newId } from "./direct_outils.mjs";

const HTTP_AFTER = 6_000; // without a socket for this long, lines go by plain HTTP
const ANSWER_WITHIN = 10_000; // a line without an answer on a living link is said again
const WAITS = { first: 1_000, longest: 30_000 }; // after "try again", or a post that did not pass

export class Outbox {
  #entries = new Map(); // id -> { conversation, id, body, tries, notBefore, saidAt, refused }
  #timers = new Timers();
  #posting = false;
  #link;

  /**
   * @param {object} link
   * @param {(frame: object) => boolean} link.say sends a frame; false when there is no socket
   * @param {(frame: object) => void} link.tell tells the page an "ack", a "nack" or a "signin"
   * @param {() => boolean} link.away whether the socket is away for now
   * @param {((entry: object) => Promise<object|null>)|undefined} link.post sends by plain HTTP
   * @param {{ put(entry): void, drop(id): void }|null} link.store outlives the page
   */
  constructor(link) {
    this.#link = link;
  }

  /** Lines that wait for their acknowledgement. */
  get size() {
    return this.#going().length;
  }

  put(conversation, id, body) {
    this.#hold({ conversation, id, body });
    this.#link.store?.put(this.#entries.get(id));
    this.#go();
  }

  /** A line found in the store, written before this page was there. */
  restore({ conversation, id, body, refused }) {
    if (this.#entries.has(id)) return;
    this.#hold({ conversation, id, body, refused });
    if (!refused) this.#go();
  }

  /** Acknowledged; false when it is not from here, or was told already. */
  keep(id) {
    const held = this.#entries.delete(id);
    this.#link.store?.drop(id);
    if (held) this.flush();
    return held;
  }

  /** Refused: tried again later, or set aside until the person decides. */
  refuse({ id, retry, after, code, message }) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.saidAt = 0;
    if (retry) {
      entry.notBefore = Date.now() + (after > 0 ? after * 1000 : backOff(entry.tries, WAITS));
      entry.tries += 1;
    } else {
      entry.refused = { code, message };
      this.#link.store?.put(entry);
    }
    this.flush();
  }

  /**
   * Try a refused line again.
   * @returns {string} its id: another one when the first already holds another text
   */
  retry(id) {
    const entry = this.#entries.get(id);
    if (!entry) return id;
    const { conversation, body, refused } = entry;
    if (refused?.code !== "SAME_ID_OTHER_TEXT") {
      this.#entries.delete(id); // at the end, as the person sees it
      this.put(conversation, id, body);
      return id;
    }
    const other = newId();
    this.forget(id);
    this.put(conversation, other, body);
    return other;
  }

  /** The person took the text back. */
  forget(id) {
    this.#entries.delete(id);
    this.#link.store?.drop(id);
  }

  /** The link is gone: what was on its way may be lost, it will be said again. */
  release() {
    for (const entry of this.#entries.values()) entry.saidAt = 0;
    if (this.size) this.#planHttp(HTTP_AFTER);
  }

  /** Say the first line of each conversation, unless it is on its way. */
  flush() {
    let wait = Infinity;
    const now = Date.now();
    for (const entry of this.#heads()) {
      const { conversation, id, body } = entry;
      if (entry.saidAt && now - entry.saidAt >= ANSWER_WITHIN) entry.saidAt = 0;
      if (!entry.saidAt && entry.notBefore <= now) {
        if (!this.#link.say({ t: "send", conversation, id, body })) return;
        entry.saidAt = now;
      }
      const due = entry.saidAt ? entry.saidAt + ANSWER_WITHIN : entry.notBefore;
      wait = Math.min(wait, due - now);
    }
    if (wait < Infinity) this.#timers.set("flush", Math.max(wait, 20), () => this.flush());
  }

  /** No try any more; the lines stay. */
  rest() {
    this.#timers.clearAll();
  }

  #hold(entry) {
    const { id } = entry;
    this.#entries.set(id, { refused: null, ...entry, tries: 0, notBefore: 0, saidAt: 0 });
  }

  #go() {
    this.flush();
    this.#planHttp(HTTP_AFTER);
  }

  #going() {
    return [...this.#entries.values()].filter((entry) => !entry.refused);
  }

  /** The line of each conversation whose turn it is. */
  #heads() {
    const heads = new Map();
    for (const entry of this.#going()) {
      if (!heads.has(entry.conversation)) heads.set(entry.conversation, entry);
    }
    return heads.values();
  }

  #planHttp(wait) {
    if (!this.#link.post || !this.#link.away() || this.#timers.has("http")) return;
    this.#timers.set("http", wait, () => this.#sendByHttp(0));
  }

  async #sendByHttp(tries) {
    if (this.#posting) return;
    this.#posting = true;
    const goOn = await this.#post();
    this.#posting = false;
    if (!goOn || !this.size || !this.#link.away()) return;
    const next = Math.min(...this.#going().map((entry) => entry.notBefore)) - Date.now();
    const wait = Math.max(next, backOff(tries, WAITS), 250);
    this.#timers.set("http", wait, () => this.#sendByHttp(tries + 1));
  }

  /** Post the lines one after the other, as long as there is no socket; false: no other try. */
  async #post() {
    for (const head of this.#heads()) {
      let entry = head;
      while (entry && entry.notBefore <= Date.now()) {
        if (!this.#link.away()) return false;
        const answer = await this.#link.post(entry);
        if (answer === null) break;
        if (answer.t === "signin") {
          this.#link.tell(answer);
          return false;
        }
        if (this.#entries.has(entry.id)) {
          if (answer.t === "ack") this.keep(entry.id);
          else this.refuse(answer);
          this.#link.tell(answer);
        }
        if (answer.retry) break;
        entry = [...this.#heads()].find((next) => next.conversation === head.conversation);
      }
    }
    return true;
  }
}
