/* The days of a thread: each line stands under the day on which it was written, where the people are.
 * A page stays open over midnight; its days are named anew then. Lines without a number wait for
 * theirs, and come under a day with it. */

const RENAME_EVERY = 60_000;

export class Days {
  #thread;
  #name;
  #day;

  /**
   * @param {object} page
   * @param {Element} page.thread
   * @param {string} page.timeZone
   * @param {(day: string) => string} page.name how a day (2026-11-22) is written
   */
  constructor({ thread, timeZone, name }) {
    this.#thread = thread;
    this.#name = name;
    this.#day = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short" });
    setInterval(() => this.rename(), RENAME_EVERY);
    document.addEventListener("visibilitychange", () => this.rename());
  }

  /** The day of a moment, as 2026-11-22. */
  of(moment) {
    return this.#day.format(new Date(moment));
  }

  /** Have a line, in its place already, stand under its day. */
  settle(line, day) {
    let above = line.previousElementSibling;
    while (above && !above.dataset.jour) above = above.previousElementSibling;
    if (above?.dataset.jour === day) return;
    const next = line.nextElementSibling;
    if (above && next?.dataset.seq) next.before(this.#draw(above.dataset.jour));
    if (above && above === line.previousElementSibling) {
      above.remove(); // it heads nothing any more; the day before it may be the one
      this.settle(line, day);
      return;
    }
    line.before(this.#draw(day));
  }

  /** « Aujourd'hui » is « Hier » after midnight. */
  rename() {
    for (const head of this.#thread.querySelectorAll("[data-jour]")) {
      const name = this.#name(head.dataset.jour);
      if (head.textContent !== name) head.firstElementChild.textContent = name;
    }
  }

  #draw(day) {
    const head = document.createElement("li");
    head.className = "ms-jour";
    head.dataset.jour = day;
    const name = document.createElement("span");
    name.textContent = this.#name(day);
    head.append(name);
    return head;
  }
}

/** A day (2026-11-22) in words, in French. `parts`: those of Intl.DateTimeFormat. */
export function inWords(day, parts) {
  const noon = new Date(`${day}T12:00:00Z`);
  return new Intl.DateTimeFormat("fr-FR", { ...parts, timeZone: "UTC" }).format(noon);
}
