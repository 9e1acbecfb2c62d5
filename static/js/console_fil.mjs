/* The thread of the console: drawing lines, keeping them in order, and the parts that the server
 * draws. Text of people is only ever set through textContent. */

import { readPage } from "./lire.mjs";

export const root = document.querySelector("[data-console]");
export const thread = document.querySelector("[data-fil]");
const clock = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit" });

/** Kinds that are one text; the others are drawn by the server. */
export const isPlain = (kind) => ["TEXT", "EVENT", "CLOSING", "EMERGENCY"].includes(kind);

export const has = (seq) => thread.querySelector(`[data-seq="${seq}"]`) !== null;

export const authorOf = (side) => (side === "PROFESSIONAL" ? "Vous" : thread.dataset.patient);

export function drawLine({ side, body, at }) {
  const service = side === "SERVICE";
  const model = document.querySelector(`[data-modele="${service ? "evenement" : "replique"}"]`);
  const line = model.content.firstElementChild.cloneNode(true);
  const text = line.querySelector("[data-corps]");
  text.textContent = body;
  text.classList.add("ms-lignes");
  line.querySelector("[data-heure]").textContent = clock.format(new Date(at));
  if (service) return line;
  line.querySelector("[data-auteur]").textContent = authorOf(side);
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

/** The thread as the server draws it, with what waits here at its foot. */
export async function reloadThread(reader) {
  const fresh = await readPage(thread.dataset.fil);
  if (!fresh) return;
  const waiting = [...thread.querySelectorAll(".ms-replique--partant")];
  const drawn = [...fresh.body.childNodes].map((node) => document.adoptNode(node));
  reader.steady(() => {
    const top = (seq) => thread.querySelector(`[data-seq="${seq}"]`);
    // Line by line: what stands before the reader's eyes is not taken away and put back.
    for (const line of drawn) {
      const held = line.dataset?.seq && top(line.dataset.seq);
      if (held) held.replaceWith(line);
      else if (line.dataset?.seq) place(line, Number(line.dataset.seq));
    }
    thread.append(...waiting);
  });
}

/** A sign declared since: its mark in the heading, and the situation when it is on the page. */
export async function reloadSituation(reader) {
  const fresh = await readPage(root.dataset.situation);
  if (!fresh) return;
  reader.steady(() => {
    for (const part of ["[data-tete]", "[data-droite]"]) {
      const here = document.querySelector(part);
      if (here.querySelector("form")) continue;
      here.replaceChildren(...[...fresh.querySelector(part).childNodes].map((node) => document.adoptNode(node)));
    }
  });
}
