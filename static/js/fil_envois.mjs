/* One's own lines in a thread: how far each went, and what to do with one that was refused.
 * Shared by the patient's page and the console. A line is an element with a place [data-envoi];
 * numbered (data-seq) once the service has kept it.
 *
 * A state is an icon and a word. Every line has its icon; the word is written under the last line,
 * and wherever the next line is not as far: read the last word, all that stands above is there. */

import { newId } from "./direct.mjs";

const model = (name) =>
  document.querySelector(`template[data-modele="${name}"]`).content.firstElementChild.cloneNode(true);

export class OwnLines {
  #waiting = new Map(); // id -> its element
  #receipts = { delivered: 0, opened: 0 };
  #page;

  /**
   * @param {object} page
   * @param {Element} page.thread
   * @param {import("./direct.mjs").Direct} page.direct
   * @param {string} page.conversation
   * @param {string} page.waits class of a line that the service has not kept yet
   * @param {(line: { body: string, at: string }) => Element} page.draw draws one's own line
   * @param {(node: Element) => void} page.add shows a line that the person has just sent
   * @param {(node: Element) => void} page.reveal brings a part of a line into sight
   * @param {(node: Element, seq: number, at: string) => void} page.number gives a line its place
   * @param {((text: string) => void)|null} page.takeBack puts a text back where one writes
   */
  constructor(page) {
    this.#page = page;
    const { direct, conversation } = page;
    direct.addEventListener("ack", ({ detail }) => this.settle(detail));
    direct.addEventListener("nack", ({ detail }) => this.#refused(detail));
    direct.addEventListener("state", ({ detail }) => {
      if (detail.conversation === conversation) this.show();
    });
  }

  /** Texts of the lines that the service has not kept, in order. */
  get texts() {
    return [...this.#waiting.values()].map((node) => node.dataset.texte);
  }

  send(body) {
    const id = newId();
    this.#page.add(this.#draw(id, body));
    this.#page.direct.send(this.#page.conversation, body, id);
  }

  /** A line written on a page that is gone. Known to the service already: nothing to do. */
  restore(entry) {
    const { thread, direct, conversation } = this.#page;
    if (thread.querySelector(`[data-ligne="${entry.id}"]`)) {
      direct.forget(entry.id);
      return;
    }
    if (entry.conversation === conversation) {
      const node = this.#draw(entry.id, entry.body);
      thread.append(node);
      if (entry.refused) this.#refuse(node, entry.id, entry.refused.message);
    }
    direct.restore(entry);
  }

  /** A line came back from the service; true when it was waiting here. */
  settle({ id, seq, at }) {
    const node = this.#waiting.get(id);
    if (!node) return false;
    this.#waiting.delete(id);
    node.classList.remove(this.#page.waits, "ms-ligne-refusee");
    node.querySelector(".ms-refus")?.remove();
    delete node.dataset.texte;
    if (this.#page.thread.querySelector(`[data-seq="${seq}"]`)) node.remove();
    else this.#page.number(node, seq, at);
    this.show();
    return true;
  }

  /** How far the other side is, when it is known; then show it under every line. */
  show(receipts = this.#receipts) {
    this.#receipts = receipts;
    const places = [...this.#page.thread.querySelectorAll("[data-seq] [data-envoi]")];
    let next = null;
    for (const place of places.reverse()) {
      const seq = Number(place.closest("[data-seq]").dataset.seq);
      const state = receipts.opened >= seq ? "ouvert" : receipts.delivered >= seq ? "remis" : "envoye";
      mark(place, state).classList.toggle("ms-envoi--discret", state === next);
      next = state;
    }
  }

  #draw(id, body) {
    const node = this.#page.draw({ body: body.trim(), at: new Date().toISOString() });
    node.classList.add(this.#page.waits);
    node.dataset.ligne = id;
    node.dataset.texte = body;
    mark(node.querySelector("[data-envoi]"), "envoi");
    this.#waiting.set(id, node);
    return node;
  }

  #refused({ id, retry, message }) {
    const node = this.#waiting.get(id);
    if (!node) return;
    if (retry) this.#explain(node, message);
    else {
      this.#page.reveal(this.#refuse(node, id, message, "alert"));
    }
  }

  /** It will be tried again by itself: a word why it takes time. */
  #explain(node, message) {
    const place = node.querySelector("[data-envoi]");
    place.title = message;
  }

  #refuse(node, id, message, role = "group") {
    mark(node.querySelector("[data-envoi]"), "refus");
    node.classList.add("ms-ligne-refusee");
    node.querySelector(".ms-refus")?.remove();
    const choice = model("refuse");
    choice.setAttribute("role", role);
    node.append(choice); // in the page before its text comes: an alert is read when it fills
    choice.querySelector("[data-motif]").textContent = message;
    choice.querySelector("[data-reessayer]").addEventListener("click", () => this.#retry(node, id));
    const back = choice.querySelector("[data-reprendre]");
    back.hidden = !this.#page.takeBack;
    back.addEventListener("click", () => this.#takeBack(node, id));
    return choice;
  }

  #retry(node, id) {
    node.querySelector(".ms-refus").remove();
    node.classList.remove("ms-ligne-refusee");
    mark(node.querySelector("[data-envoi]"), "envoi");
    this.#waiting.delete(id);
    this.#page.thread.append(node);
    const same = this.#page.direct.retry(id);
    node.dataset.ligne = same;
    this.#waiting.set(same, node);
  }

  #takeBack(node, id) {
    this.#page.direct.forget(id);
    this.#waiting.delete(id);
    node.remove();
    this.#page.takeBack(node.dataset.texte);
  }
}

/** Put the icon and the word of a state at its place; the new place. */
function mark(place, state) {
  if (place.dataset.envoi === state) return place;
  const made = model(state);
  place.replaceWith(made);
  return made;
}
