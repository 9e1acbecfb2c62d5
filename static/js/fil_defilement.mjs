/* Where the reader of a thread is. What comes never moves somebody who reads above: it is counted
 * on a button. Whoever is at the foot stays at the foot. */

const NEAR = 80; // pixels below the last line that still are the foot
const ROOM = 12; // left free below the last line

export class Reader {
  #thread;
  #button;
  #scroller;
  #cover;
  #fresh = []; // lines that came and were not seen
  #atFoot = true;

  /**
   * @param {object} page
   * @param {Element} page.thread its last child is the last line
   * @param {HTMLButtonElement} page.button « 2 nouveaux messages »
   * @param {() => Element|null} page.scroller the element that scrolls; null: the page itself
   * @param {() => Element|null} page.cover what covers the foot of the page when that scrolls
   */
  constructor({ thread, button, scroller, cover }) {
    this.#thread = thread;
    this.#button = button;
    this.#scroller = scroller;
    this.#cover = cover;
    button.addEventListener("click", () => this.#toFresh());
    addEventListener("scroll", () => this.#noticed(), { passive: true, capture: true });
    // The keyboard of a phone opens, or the box grows: the foot stays in sight.
    addEventListener("resize", () => {
      if (this.#scroller()) scrollTo(0, 0); // the page itself does not scroll at this width
      if (this.#atFoot) this.toFoot();
    });
  }

  atFoot() {
    const last = this.#thread.lastElementChild;
    return !last || last.getBoundingClientRect().bottom <= this.#view().bottom + NEAR;
  }

  /** The last line just above what covers the foot; its beginning when it is taller. */
  toFoot() {
    const last = this.#thread.lastElementChild;
    if (last) this.reveal(last);
    this.#seen();
  }

  /** Do something that changes the page, without moving what the reader has before their eyes. */
  steady(act) {
    if (this.atFoot()) {
      act();
      this.toFoot();
      return;
    }
    const { top } = this.#view();
    const held = [...this.#thread.children].find((line) => line.getBoundingClientRect().bottom > top);
    const before = held?.getBoundingClientRect().top;
    act();
    if (held?.isConnected) this.#scrollBy(held.getBoundingClientRect().top - before);
  }

  /** Put a line of somebody else into the thread. */
  receive(node, put) {
    if (this.atFoot()) {
      put();
      this.toFoot();
      return;
    }
    this.steady(put);
    if (node.getBoundingClientRect().top > this.#view().bottom - ROOM) this.#fresh.push(node);
    this.#sayFresh();
  }

  /** Scroll down until a line, or a part of it, is in sight; its beginning when it is taller. */
  reveal(line) {
    for (let pass = 0; pass < 2; pass += 1) { // what covers the foot may move with the first
      const view = this.#view();
      const { top, bottom } = line.getBoundingClientRect();
      const whole = bottom + ROOM - view.bottom;
      const head = top - ROOM - view.top;
      if (whole > 0) this.#scrollBy(Math.min(whole, Math.max(head, 0)));
    }
  }

  #view() {
    const scroller = this.#scroller();
    if (scroller) return scroller.getBoundingClientRect();
    const cover = this.#cover();
    const covered = cover && !cover.hidden ? cover.getBoundingClientRect().top : innerHeight;
    return { top: 0, bottom: Math.min(innerHeight, covered) };
  }

  #scrollBy(top) {
    if (Math.abs(top) < 1) return;
    (this.#scroller() ?? window).scrollBy({ top, behavior: "instant" });
  }

  #toFresh() {
    const first = this.#fresh.find((node) => node.isConnected);
    const last = this.#thread.lastElementChild.getBoundingClientRect().bottom + ROOM;
    const head = first ? first.getBoundingClientRect().top - 5 * ROOM : Infinity;
    this.#scrollBy(Math.min(head - this.#view().top, last - this.#view().bottom));
    this.#seen();
    // The button goes: a keyboard goes on from the line that it led to.
    first?.setAttribute("tabindex", "-1");
    first?.focus({ preventScroll: true });
  }

  #noticed() {
    this.#atFoot = this.atFoot();
    if (!this.#fresh.length) return;
    const { bottom } = this.#view();
    this.#fresh = this.#fresh.filter((node) => node.getBoundingClientRect().top > bottom - ROOM);
    this.#sayFresh();
  }

  #seen() {
    this.#atFoot = true;
    this.#fresh = [];
    this.#sayFresh();
  }

  #sayFresh() {
    const count = this.#fresh.length;
    this.#button.hidden = !count;
    this.#button.textContent = count > 1 ? `${count} nouveaux messages` : "1 nouveau message";
  }
}
