/* The thread of the patient's conversation: drawing lines, keeping them in order, and the parts that
 * the server draws. Text of people is only ever set through textContent. */

import { Days, inWords } from "./fil_jours.mjs";
import { readPage } from "./lire.mjs";

export const page = document.querySelector("[data-conversation]");
export const thread = page.querySelector("[data-fil]");
const timeZone = page.dataset.fuseau;

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function time(at) {
  const clock = { hour: "2-digit", minute: "2-digit", timeZone };
  const made = element("time", "", new Intl.DateTimeFormat("fr-FR", clock).format(new Date(at)));
  made.dateTime = at;
  made.title = new Date(at).toLocaleString("fr-FR", { dateStyle: "full", timeStyle: "short", timeZone });
  return made;
}

/** Who answers, as the page says it. */
export const answering = () => page.querySelector("[data-qui]")?.dataset.qui || "Le professionnel";

/** Who wrote a line, as the page says it: with their structure, the one who answers now. */
export function authorOf({ by }) {
  const now = answering();
  return !by || now.startsWith(`${by} · `) ? now : by;
}

/** A plain line; one's own has a place for its state. */
export function bubble({ side, body, at, by }) {
  const mine = side === "PATIENT";
  const made = element("li", mine ? "ms-bulle ms-bulle--mien" : "ms-bulle");
  const author = element("p", "ms-bulle__auteur");
  if (mine) author.append(element("span", "fr-sr-only", "Vous"));
  else author.textContent = authorOf({ by });
  const foot = element("p", "ms-bulle__pied");
  foot.append(time(at));
  if (mine) {
    const place = element("span");
    place.dataset.envoi = "";
    foot.append(" ", place);
  }
  made.append(author, element("div", "ms-bulle__corps ms-bulle__corps--brut", body), foot);
  return made;
}

const DAY = 86_400_000;
// The service's clock, whatever the device says: an old phone may be days late.
const late = Date.parse(page.dataset.maintenant) - Date.now();

/** As the server says it: « Aujourd'hui », « Hier », else « Lundi 16 novembre ». */
function dayName(day) {
  const today = days.of(Date.now() + late);
  const ago = (Date.parse(today) - Date.parse(day)) / DAY; // both at midnight, of UTC: whole
  if (ago === 0) return "Aujourd'hui";
  if (ago === 1) return "Hier";
  const year = day.slice(0, 4) === today.slice(0, 4) ? undefined : "numeric";
  const said = inWords(day, { weekday: "long", day: "numeric", month: "long", year });
  return said[0].toUpperCase() + said.slice(1);
}

export const days = new Days({ thread, timeZone, name: dayName });

/** A word of the service. */
export function notice({ body, at }) {
  const made = element("li", "ms-evenement", `${body} `);
  made.append(time(at));
  return made;
}

export const has = (seq) => thread.querySelector(`[data-seq="${seq}"]`) !== null;

/** Number a line, and put it before the first one that the service numbered later, or that has no
 * number yet: an acknowledgement may come before the lines that stand ahead of it. */
export function place(node, seq) {
  node.dataset.seq = seq;
  node.id = `m${seq}`;
  const later = [...thread.children].find(
    (other) =>
      other !== node &&
      (Number(other.dataset.seq) > seq || other.classList.contains("ms-bulle--attente")),
  );
  if (later) later.before(node);
  else if (thread.lastElementChild !== node) thread.append(node);
}

// --- the parts that the server draws

/** The state of the conversation, its foot, and the cards after a number. */
export function fetchParts(after) {
  return readPage(`${page.dataset.vivant}?apres=${after}`);
}

/** Replace what changed, leaving alone what did not. */
export function putParts(parts) {
  for (const name of ["etat", "bas"]) {
    const drawn = parts.querySelector(`[data-part="${name}"]`);
    const held = page.querySelector(`[data-part="${name}"]`);
    if (!drawn || !held || drawn.innerHTML === held.innerHTML) continue;
    if (held.querySelector("textarea")?.value.trim()) continue; // a text that did not leave
    held.replaceChildren(...[...drawn.childNodes].map((node) => document.adoptNode(node)));
  }
  // The structure stands beside the name of who answers now, and of nobody else.
  for (const author of thread.querySelectorAll(".ms-bulle:not(.ms-bulle--mien, .ms-bulle--carte) > .ms-bulle__auteur")) {
    const said = authorOf({ by: author.textContent.split(" · ")[0] });
    if (author.textContent !== said) author.textContent = said;
  }
}

/** The card of a number among such parts, or null. */
export function cardOf(parts, seq) {
  const drawn = parts?.querySelector(`[data-part="lignes"] [data-seq="${seq}"]`);
  return drawn ? document.adoptNode(drawn) : null;
}
