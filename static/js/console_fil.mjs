/* The thread of the console: drawing lines, keeping them in order, and the parts that the server
 * draws. Text of people is only ever set through textContent. */

import { Days, inWords } from "./fil_jours.mjs";
import { readPage } from "./lire.mjs";

export const root = document.querySelector("[data-console]");
export const thread = document.querySelector("[data-fil]");
// As the server draws them: not the hour of a device that stands elsewhere, or is wrongly set.
const timeZone = root.dataset.fuseau;
const clock = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone });

const WHOLE = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
export const days = thread && new Days({ thread, timeZone, name: (day) => inWords(day, WHOLE) });

const LONG = 30_000; // a whole thread on a slow link
const AGAIN = 5_000;
let empty = false; // for good: what was on its way is not drawn any more

/** Kinds that are one text; the others are drawn by the server. */
export const isPlain = (kind) => ["TEXT", "EVENT"].includes(kind);

export const has = (seq) => thread.querySelector(`[data-seq="${seq}"]`) !== null;

/** Who wrote a line; a colleague may have held the conversation meanwhile. */
export function authorOf({ side, by }) {
  if (side !== "PROFESSIONAL") return thread.dataset.patient;
  return !by || by === thread.dataset.moi ? "Vous" : by;
}

export function drawLine({ side, body, at, by }) {
  const service = side === "SERVICE";
  const model = document.querySelector(`[data-modele="${service ? "evenement" : "replique"}"]`);
  const line = model.content.firstElementChild.cloneNode(true);
  const text = line.querySelector("[data-corps]");
  text.textContent = body;
  text.classList.add("ms-lignes");
  line.querySelector("[data-heure]").textContent = clock.format(new Date(at));
  if (service) return line;
  line.querySelector("[data-auteur]").textContent = authorOf({ side, by });
  if (side === "PROFESSIONAL") line.classList.add("ms-replique--pro");
  else line.querySelector("[data-envoi]").remove();
  return line;
}

export function setTime(line, at) {
  line.querySelector("[data-heure]").textContent = clock.format(new Date(at));
}

/** In the order of the numbers; what is not numbered yet stays at the foot. */
export function place(line, seq) {
  line.dataset.seq = seq;
  const later = [...thread.children].find(
    (other) =>
      other !== line &&
      (Number(other.dataset.seq) > seq || other.classList.contains("ms-replique--partant")),
  );
  if (later) later.before(line);
  else if (thread.lastElementChild !== line) thread.append(line);
}

/** Nobody may read this conversation here any more: only what was written here stays, in the
 * thread. */
export function emptyThread() {
  empty = true;
  for (const line of [...thread.children]) {
    if (!line.matches(".ms-replique--partant")) line.remove();
  }
}

/** The thread as the server draws it, with what waits here at its foot; again and again, until it
 * holds the line `seq`: what came and is not plain, a sign that is declared, must be seen. */
export async function reloadThread(reader, seq) {
  if (empty) return;
  let fresh = await readPage(thread.dataset.fil, LONG);
  while (!empty && !fresh?.querySelector(`[data-seq="${seq}"]`)) {
    await new Promise((done) => setTimeout(done, AGAIN));
    fresh = await readPage(thread.dataset.fil, LONG);
  }
  if (empty) return;
  const waiting = [...thread.querySelectorAll(".ms-replique--partant")];
  const drawn = [...fresh.body.childNodes].map((node) => document.adoptNode(node));
  reader.steady(() => {
    const top = (seq) => thread.querySelector(`[data-seq="${seq}"]`);
    // Line by line: what stands before the reader's eyes is not taken away and put back.
    let day = "";
    for (const line of drawn) {
      const { seq, jour } = line.dataset ?? {};
      if (jour) day = jour;
      if (!seq) continue;
      const held = top(seq);
      if (held) held.replaceWith(line);
      else place(line, Number(seq));
      days.settle(line, day);
    }
    thread.append(...waiting);
  });
}

/** A sign declared since: its mark in the heading, and the situation when it is on the page. */
export async function reloadSituation(reader) {
  if (empty) return;
  const fresh = await readPage(root.dataset.situation);
  if (!fresh?.querySelector("[data-tete]") || empty) return;
  reader.steady(() => {
    for (const part of ["[data-tete]", "[data-droite]"]) {
      const here = document.querySelector(part);
      if (here.querySelector("form")) continue;
      here.replaceChildren(...[...fresh.querySelector(part).childNodes].map((node) => document.adoptNode(node)));
    }
  });
}
