/* What a screen reader is told while the page is open: each line of the other side once, in one
 * polite place, and that the other side is writing, not at every key. */

const GATHER = 400; // lines that come together are told together
const TYPING_FOR = 6_000; // without news, nobody is writing any more
const TYPING_TOLD_EVERY = 300_000; // said aloud at most this often, unless a line came between

export class Announcer {
  #place;
  #lines = [];
  #told = 0; // number of the last line told
  #plan = null;

  constructor(place) {
    this.#place = place;
  }

  /** @param {{ seq: number, author: string, body: string }} line one that the other side wrote */
  line({ seq, author, body }) {
    if (seq <= this.#told) return;
    this.#told = seq;
    this.#lines.push({ author, body });
    this.#plan ??= setTimeout(() => this.#tell(), GATHER);
  }

  say(sentence) {
    this.#place.textContent = sentence;
  }

  #tell() {
    const { author, body } = this.#lines.at(-1);
    const count = this.#lines.length;
    const head = count > 1 ? `${count} nouveaux messages. Le dernier` : "Nouveau message";
    this.say(`${head}. ${author} : ${body}`);
    this.#lines = [];
    this.#plan = null;
  }
}

export class TypingSign {
  #place;
  #announcer;
  #timer = null;
  #toldAt = -Infinity;

  /**
   * @param {Element} place keeps its room when it is empty: nothing moves
   * @param {Announcer} announcer
   */
  constructor(place, announcer) {
    this.#place = place;
    this.#announcer = announcer;
  }

  /** @param {string} sentence who is writing */
  show(sentence) {
    if (!this.#place) return;
    if (this.#place.textContent !== sentence) this.#place.textContent = sentence;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), TYPING_FOR);
    if (performance.now() - this.#toldAt < TYPING_TOLD_EVERY) return;
    this.#toldAt = performance.now();
    this.#announcer.say(sentence);
  }

  hide() {
    if (!this.#place) return;
    clearTimeout(this.#timer);
    this.#place.textContent = "";
  }

  /** A line came: the next time somebody writes is news. */
  wrote() {
    this.hide();
    this.#toldAt = -Infinity;
  }
}
