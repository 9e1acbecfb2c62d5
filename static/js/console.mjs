/* The professional's console, live: new lines, the left column, receipts, keys.
 * The pages work without this module; it only spares reloads. */

import { listenToKeys } from "./console_touches.mjs";
import { Direct } from "./direct.mjs";

const root = document.querySelector("[data-console]");
const lists = document.querySelector("[data-listes]");
const thread = document.querySelector("[data-fil]");
const scroller = document.querySelector("[data-defile]");
const reply = document.querySelector("[data-reponse]");
const linkState = document.querySelector("[data-etat-lien]");
const conversation = thread?.dataset.conversation;
const field = reply?.elements.body;
const title = document.title;
const clock = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit" });

const direct = new Direct({ csrfToken: () => reply?.elements.csrfmiddlewaretoken.value ?? "" });

// --- the left column

let planned = null;

/** Fetch the left column again, once for the events that come together. */
function refreshLists() {
  planned ??= setTimeout(fetchLists, 200);
}

async function fetchLists() {
  try {
    const here = new URLSearchParams(location.search);
    here.set("ouverte", root.dataset.ouverte);
    const answer = await fetch(`${root.dataset.file}?${here}`);
    if (answer.ok && !answer.redirected) replaceLists(await answer.text());
  } catch {
    // no network: the next event tries again
  }
  planned = null;
}

function replaceLists(html) {
  const focused = document.activeElement?.closest?.("[data-rang]")?.getAttribute("href");
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  lists.replaceChildren(...fresh.childNodes);
  if (focused) lists.querySelector(`[data-rang][href="${CSS.escape(focused)}"]`)?.focus();
  sayCount();
}

/** How many conversations wait for this professional, in the title of the tab. */
function sayCount() {
  const n = Number(lists.querySelector("[data-a-repondre]")?.dataset.aRepondre ?? 0);
  document.title = n ? `(${n}) ${title}` : title;
}

// --- the thread

const sent = new Map(); // id -> element of a line that is not acknowledged yet

/** On a narrow screen the whole page scrolls, and the reply covers its bottom. */
function hiddenBelow() {
  if (getComputedStyle(scroller).overflowY === "visible") {
    const reply = document.querySelector("[data-pied]").offsetHeight;
    return scroller.getBoundingClientRect().bottom - (innerHeight - reply);
  }
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
}

function atBottom() {
  return hiddenBelow() < 80;
}

function toBottom() {
  const rest = hiddenBelow();
  if (getComputedStyle(scroller).overflowY !== "visible") scroller.scrollTop += rest;
  else if (rest > 0) scrollBy({ top: rest, behavior: "instant" });
}

function model(name) {
  return document.querySelector(`[data-modele="${name}"]`).content.firstElementChild.cloneNode(true);
}

function drawLine({ side, body, at, author }) {
  const service = side === "SERVICE";
  const line = model(service ? "evenement" : "replique");
  line.querySelector("[data-corps]").textContent = body;
  for (const part of line.querySelectorAll("[data-corps]")) part.classList.add("ms-lignes");
  line.querySelector("[data-heure]").textContent = at ? clock.format(new Date(at)) : "";
  if (!service) {
    line.querySelector("[data-auteur]").textContent = author;
    if (side === "PROFESSIONAL") line.classList.add("ms-replique--pro");
  }
  return line;
}

/** In the order of the numbers; what is not numbered yet stays at the foot. */
function place(drawn, seq) {
  const numbered = [...thread.querySelectorAll("[data-seq]")];
  const [unnumbered] = sent.values();
  const next = numbered.find((other) => Number(other.dataset.seq) > seq) ?? unnumbered;
  drawn.dataset.seq = seq;
  if (next) next.before(drawn);
  else thread.append(drawn);
}

async function reloadThread() {
  try {
    const answer = await fetch(thread.dataset.fil);
    if (!answer.ok || answer.redirected) return;
    const stay = !atBottom();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    thread.replaceChildren(...fresh.childNodes, ...sent.values());
    if (!stay) toBottom();
  } catch {
    // no network: the next line tries again
  }
}

/** A sign declared since: its mark in the heading, and the situation when it is on the page. */
async function reloadSituation() {
  try {
    const answer = await fetch(root.dataset.situation);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const follow = atBottom();
    for (const part of ["[data-tete]", "[data-droite]"]) {
      const here = document.querySelector(part);
      if (!here.querySelector("form")) here.replaceChildren(...page.querySelector(part).childNodes);
    }
    if (follow) toBottom();
  } catch {
    // no network: the thread itself shows the sign
  }
}

direct.addEventListener("line", ({ detail: line }) => {
  if (line.conversation !== conversation) return;
  if (!["TEXT", "EVENT", "CLOSING", "EMERGENCY"].includes(line.kind)) {
    reloadThread();
    reloadSituation();
  } else if (!thread.querySelector(`[data-seq="${line.seq}"]`)) {
    const follow = atBottom();
    const mine = sent.get(line.id);
    const author = line.side === "PROFESSIONAL" ? "Vous" : thread.dataset.patient;
    const drawn = drawLine({ ...line, author });
    mine?.remove();
    sent.delete(line.id);
    place(drawn, line.seq);
    if (follow || mine) toBottom();
    if (line.side === "PATIENT") {
      document.querySelector("[data-annonce-ligne]").textContent = `${author} : ${line.body}`;
    }
  }
  refreshLists();
});

let state = null;
direct.addEventListener("state", ({ detail }) => {
  if (detail.conversation !== conversation) return;
  const before = state;
  state = detail;
  const received = reply?.querySelector("[data-recu]");
  if (received) received.textContent = receipt(detail);
  // The conversation was closed or taken elsewhere: the page shows what may be done now.
  if (before && before.state !== detail.state && !field?.value && !direct.pending) location.reload();
  else if ("mienne" in thread.dataset) refreshLists();
});

/** How far the patient is with what was last written. */
function receipt({ last_seq: last, patient }) {
  if (patient.opened >= last) return "Dernier message ouvert par le patient.";
  if (patient.delivered >= last) return "Dernier message remis.";
  return "";
}

direct.addEventListener("gone", ({ detail }) => {
  if (detail.conversation === conversation && !field?.value) location.assign(`${root.dataset.accueil}?partie`);
});

// --- writing

function refuse(message) {
  const place = reply.querySelector("[data-refus]");
  place.textContent = message;
  place.hidden = !message;
}

reply?.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = field.value;
  if (!body.trim()) {
    refuse("Votre message est vide. Écrivez quelques mots.");
    field.focus();
    return;
  }
  refuse("");
  const id = direct.send(conversation, body);
  const drawn = drawLine({ side: "PROFESSIONAL", body, author: "Vous · envoi en cours" });
  drawn.classList.add("ms-replique--partant");
  sent.set(id, drawn);
  thread.append(drawn);
  field.value = "";
  field.focus();
  toBottom();
});

direct.addEventListener("ack", ({ detail }) => {
  const drawn = sent.get(detail.id);
  if (drawn) {
    drawn.classList.remove("ms-replique--partant");
    drawn.querySelector("[data-auteur]").textContent = "Vous";
    drawn.querySelector("[data-heure]").textContent = clock.format(new Date(detail.at));
  }
  if (drawn && !direct.online) {
    // Kept by plain HTTP: no line will tell its place.
    sent.delete(detail.id);
    place(drawn, detail.seq);
    reloadThread();
  }
});

direct.addEventListener("nack", ({ detail }) => {
  if (detail.retry || !detail.id) return;
  const drawn = sent.get(detail.id);
  refuse(detail.message);
  if (!drawn) return;
  // What was typed comes back to its field, before what was typed since.
  const text = drawn.querySelector("[data-corps]").textContent;
  field.value = field.value ? `${text}\n${field.value}` : text;
  drawn.remove();
  sent.delete(detail.id);
});

addEventListener("beforeunload", (event) => {
  if (direct.pending || field?.value.trim()) event.preventDefault();
});
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    if (form !== reply && field && !field.value) direct.stop();
  });
}

// --- the right column

/** Open a panel in place, so that an answer being written stays; else the link does its work. */
async function openPanel(address) {
  const panel = document.querySelector("[data-droite]");
  if (!field?.value.trim() || getComputedStyle(panel).display === "none") {
    location.assign(address);
    return;
  }
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    panel.replaceChildren(...page.querySelector("[data-droite]").childNodes);
    panel.querySelector("h2")?.scrollIntoView({ block: "nearest" });
  } catch {
    location.assign(address);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-onglet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  openPanel(link.href);
});

// --- the link

function sayLink(text) {
  linkState.textContent = text;
  linkState.hidden = !text;
}

direct.addEventListener("queue", refreshLists);
direct.addEventListener("online", () => sayLink(""));
direct.addEventListener("offline", () => {
  sayLink("Hors ligne. Ce que vous écrivez partira dès le retour de la connexion.");
});
direct.addEventListener("outdated", () => sayLink("Cette page est ancienne. Rechargez-la."));
direct.addEventListener("forbidden", () => sayLink("Ce compte n'a plus accès à la console."));
direct.addEventListener("signin", (event) => {
  if (!field?.value && !direct.pending) return;
  event.preventDefault();
  sayLink("Votre session est finie. Copiez votre texte, puis rechargez la page pour vous connecter.");
});

// --- keys

listenToKeys({
  lists,
  field,
  openPanel,
  home: root.dataset.accueil,
  send: () => reply.requestSubmit(),
});

// --- start

if (scroller) toBottom();
sayCount();
setInterval(refreshLists, 60_000); // "il y a 3 min" must not grow old
if (conversation && thread.dataset.curseur) direct.watch(conversation, Number(thread.dataset.curseur));
direct.watchQueue();
direct.start();
