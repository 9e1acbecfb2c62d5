/* The patient's conversation, live. The page works without this script; with it, lines come and
 * go by the socket, and what could not leave stays in the box.
 *
 * Text of people is only ever set through textContent. Cards come from the server, as nodes. */

import { Direct, newId } from "./direct.mjs";

const page = document.querySelector("[data-conversation]");
const id = page.dataset.conversation;
const thread = page.querySelector("[data-fil]");
const offlineBar = page.querySelector("[data-horsligne]");
const fresh = page.querySelector("[data-nouveau]");
const form = page.querySelector("[data-reponse]");
const box = form?.elements.body;

const timeZone = page.dataset.fuseau;
const direct = new Direct({
  csrfToken: () => form?.elements.csrfmiddlewaretoken.value ?? "",
});
const waiting = new Map(); // id of a line that left -> its bubble
let receipts = { delivered: 0, opened: 0 };
let leaving = false; // a form of this page is on its way: no reload over it
let state = page.querySelector("[data-etat]").dataset.etat;

page.querySelector("[data-sans-script]").hidden = true;

// --- the thread

const nearFoot = () =>
  window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 160 ||
  thread.lastElementChild?.getBoundingClientRect().top < window.innerHeight;

function toFoot() {
  fresh.hidden = true;
  thread.lastElementChild?.scrollIntoView({ block: "center" });
}

/** Bring the last line just above the reply box, and move no more than that. */
function showLast() {
  const last = thread.lastElementChild;
  if (!last || !form) return;
  last.style.scrollMarginBottom = `${form.offsetHeight + 16}px`;
  last.scrollIntoView({ block: "nearest" });
}

/** Put a numbered line before the first one that the service numbered later, or that has no
 * number yet: an acknowledgement may come before the lines that stand ahead of it. */
function insert(node) {
  const seq = Number(node.dataset.seq);
  const lines = [...thread.children].filter((other) => other !== node);
  const later = lines.find(
    (other) =>
      Number(other.dataset.seq) > seq || other.classList.contains("ms-bulle--attente"),
  );
  if (later) later.before(node);
  else thread.append(node);
}

/** Add a node at its place; never move somebody who reads above. */
function add(node, { mine = false } = {}) {
  const follow = mine || nearFoot();
  if (node.dataset.seq) insert(node);
  else thread.append(node);
  if (follow) toFoot();
  else fresh.hidden = false;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const clock = (at) =>
  new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(at));

function time(at) {
  const made = element("time", "", clock(at));
  made.dateTime = at;
  made.title = new Date(at).toLocaleString("fr-FR", { dateStyle: "full", timeStyle: "short", timeZone });
  return made;
}

function bubble({ seq, side, body, at }) {
  const mine = side === "PATIENT";
  const made = element("li", mine ? "ms-bulle ms-bulle--mien" : "ms-bulle");
  const author = element("p", "ms-bulle__auteur");
  if (mine) author.append(element("span", "fr-sr-only", "Vous"));
  else author.textContent = page.querySelector("[data-qui]")?.dataset.qui || "Le professionnel";
  const text = element("div", "ms-bulle__corps ms-bulle__corps--brut", body);
  const foot = element("p", "ms-bulle__pied");
  foot.append(time(at));
  if (mine) {
    const mark = element("span", "ms-bulle__etat");
    mark.dataset.etatEnvoi = "";
    foot.append(mark);
  }
  made.append(author, text, foot);
  if (seq) place(made, seq);
  return made;
}

function place(node, seq) {
  node.dataset.seq = seq;
  node.id = `m${seq}`;
}

const has = (seq) => thread.querySelector(`[data-seq="${seq}"]`) !== null;

direct.addEventListener("line", ({ detail: line }) => {
  if (line.side === "PATIENT" && waiting.has(line.id)) {
    settle(line.id, line.seq, line.at);
    return;
  }
  if (has(line.seq)) return;
  if (line.kind === "EVENT") {
    const made = element("li", "ms-evenement", `${line.body} `);
    made.append(time(line.at));
    place(made, line.seq);
    add(made);
    refresh();
  } else if (line.kind === "TEXT") {
    add(bubble(line));
  } else {
    card(line.seq);
  }
  showState();
});

/** Cards are drawn by the server; kept in order, since lines after them may come first. */
async function card(seq) {
  const made = element("li", "ms-evenement", "…");
  place(made, seq);
  add(made);
  const parts = await fetchParts(seq - 1);
  const drawn = parts?.querySelector(`[data-part="lignes"] [data-seq="${seq}"]`);
  if (drawn) {
    made.replaceWith(document.adoptNode(drawn));
    thread.querySelector(`[data-seq="${seq}"]`).scrollIntoView({ block: "nearest" });
  } else {
    made.textContent = "Une réponse est arrivée. Actualisez la page pour la lire.";
  }
  if (parts) putParts(parts);
}

// --- the parts that the server draws

async function fetchParts(after) {
  try {
    const answer = await fetch(`${page.dataset.vivant}?apres=${after}`);
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

function putParts(parts) {
  for (const name of ["etat", "bas"]) {
    const drawn = parts.querySelector(`[data-part="${name}"]`);
    const held = page.querySelector(`[data-part="${name}"]`);
    if (drawn && held && drawn.innerHTML !== held.innerHTML) {
      held.replaceChildren(...[...drawn.childNodes].map((node) => document.adoptNode(node)));
    }
  }
}

let refreshing = null;
function refresh() {
  refreshing ??= fetchParts(direct.cursor(id)).then((parts) => {
    refreshing = null;
    if (parts) putParts(parts);
  });
}

setInterval(() => {
  if (state === "WAITING" && document.visibilityState === "visible") refresh();
}, 30_000);

// --- state and receipts

direct.addEventListener("state", ({ detail }) => {
  receipts = detail.professional;
  showState();
  if (detail.state === state) return;
  const before = state;
  state = detail.state;
  refresh();
  if (state === "CLOSED") closed();
  else if (before === "CLOSED" && !leaving) location.reload();
});

function showState() {
  const marks = [...thread.querySelectorAll("[data-etat-envoi]")];
  const last = marks.at(-1);
  for (const mark of marks) {
    if (mark !== last && !mark.dataset.enCours) mark.textContent = "";
  }
  const seq = Number(last?.closest("[data-seq]")?.dataset.seq ?? 0);
  if (!seq || last.dataset.enCours) return;
  const said = receipts.opened >= seq ? "ouvert" : receipts.delivered >= seq ? "remis" : "envoyé";
  last.textContent = ` · ${said}`;
}

/** Closed meanwhile: an empty box goes; a box with words stays, so that they are not lost. */
function closed() {
  for (const link of page.querySelectorAll("[data-tant-qu-ouverte]")) link.remove();
  if (!form) return;
  if (box.value.trim()) {
    complain(
      "Cette conversation vient d'être close : votre message n'est pas parti. " +
        "Rouvrez-la, et il sera prêt à partir.",
    );
    form.querySelector("button").disabled = true;
    form.classList.add("ms-reponse--close");
  } else {
    form.hidden = true;
  }
}

// Words that found the conversation closed go along with « Rouvrir ».
page.addEventListener("submit", ({ target }) => {
  if (!target.matches(".ms-rouvrir")) return;
  leaving = true;
  if (!box?.value.trim()) return;
  const held = element("input");
  held.type = "hidden";
  held.name = "body";
  held.value = box.value;
  target.append(held);
});

// --- sending

function complain(sentence) {
  let alert = form.querySelector("[data-refus]");
  if (!alert) {
    alert = element("p", "ms-reponse__refus");
    alert.dataset.refus = "";
    alert.setAttribute("role", "alert");
    form.prepend(alert);
  }
  alert.textContent = sentence;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value;
  if (!text.trim()) {
    complain("Votre message est vide. Écrivez quelques mots.");
    box.focus();
    return;
  }
  form.querySelector("[data-refus]")?.remove();
  document.getElementById("erreurs")?.remove();
  const line = newId();
  const made = bubble({ side: "PATIENT", body: text.trim(), at: new Date().toISOString() });
  made.classList.add("ms-bulle--attente");
  const mark = made.querySelector("[data-etat-envoi]");
  mark.dataset.enCours = "1";
  mark.textContent = " · envoi…";
  waiting.set(line, made);
  add(made, { mine: true });
  box.value = "";
  fit();
  direct.send(id, text, line);
});

direct.addEventListener("ack", ({ detail }) => settle(detail.id, detail.seq, detail.at));

function settle(line, seq, at) {
  const made = waiting.get(line);
  if (!made) return;
  waiting.delete(line);
  made.classList.remove("ms-bulle--attente");
  place(made, seq);
  const mark = made.querySelector("[data-etat-envoi]");
  delete mark.dataset.enCours;
  made.querySelector("time").replaceWith(time(at));
  insert(made);
  showState();
}

direct.addEventListener("nack", ({ detail }) => {
  const made = waiting.get(detail.id);
  if (!made) return;
  if (detail.retry) {
    complain(detail.message);
    return;
  }
  waiting.delete(detail.id);
  const text = made.querySelector(".ms-bulle__corps").textContent;
  made.remove();
  box.value = box.value ? `${text}\n${box.value}` : text;
  fit();
  complain(detail.message);
  box.focus();
});

// --- the box

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, window.innerHeight * 0.4)}px`;
}

if (box) {
  box.addEventListener("input", () => {
    const follow = nearFoot();
    fit();
    if (follow) showLast();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  fit();
  addEventListener("beforeunload", (event) => {
    if (direct.pending) event.preventDefault();
  });
}

fresh.addEventListener("click", toFoot);
addEventListener("scroll", () => {
  if (!fresh.hidden && nearFoot()) fresh.hidden = true;
}, { passive: true });

// --- the link

direct.addEventListener("offline", () => {
  offlineBar.hidden = false;
});
direct.addEventListener("online", () => {
  offlineBar.hidden = true;
});
direct.addEventListener("gone", () => location.reload());
direct.addEventListener("signin", (event) => {
  // Lines that did not leave come back to the box, and go by the form: the server keeps them.
  if (!waiting.size && !box?.value.trim()) return;
  event.preventDefault();
  const unsent = [...waiting.values()].map((made) => made.querySelector(".ms-bulle__corps").textContent);
  waiting.clear();
  box.value = [...unsent, box.value].filter((text) => text.trim()).join("\n");
  form.submit();
});

direct.watch(id, Number(page.dataset.cursor));
direct.start();
if (!location.hash && page.dataset.cursor > 3) toFoot();
else if (!location.hash) showLast();
