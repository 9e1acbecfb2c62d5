/* The patient's conversation, live. The page works without this script; with it, lines come and
 * go by the socket, and what could not leave is kept until it has. */

import {
  authorOf,
  bubble,
  cardOf,
  days,
  element,
  fetchParts,
  has,
  notice,
  page,
  place,
  putParts,
  thread,
  time,
} from "./conversation_fil.mjs";
import { refusalOf } from "./direct_outils.mjs";
import { Announcer, TypingSign } from "./fil_annonces.mjs";
import { Reader } from "./fil_defilement.mjs";
import { OwnLines } from "./fil_envois.mjs";
import { asksToSignIn, inTurn } from "./lire.mjs";
import { spoken } from "./pieces.mjs";
import { SLOWLY, onceSeen, openLive } from "./saisie.mjs";

const id = page.dataset.conversation;
const bar = page.querySelector("[data-horsligne]");
const offlineSentence = bar.textContent;
const form = page.querySelector("[data-reponse]");
const box = form?.elements.body;

let lastWord = ""; // what the page must go on saying, whatever becomes of the link
let news = ""; // said once, before what becomes of the link

/** The bar above the messages; "" takes it away. It never moves the reader. */
function sayAbove(sentence) {
  reader.steady(() => {
    bar.textContent = sentence;
    bar.hidden = !sentence;
  });
}

/** What becomes of the link; "" when it is there. */
function sayOfLink(sentence) {
  sayAbove(lastWord || [news, sentence].filter(Boolean).join(" "));
}

const reader = new Reader({
  thread,
  button: page.querySelector("[data-nouveau]"),
  scroller: () => null,
  cover: () => form ?? null,
});
const announcer = new Announcer(document.querySelector("[data-annonce]"));
const typingSign = new TypingSign(page.querySelector("[data-saisie]"), announcer);

const { direct, vault, begin, reload, depart } = await openLive({
  box,
  conversation: id,
  say: (sentence) => {
    lastWord = sentence;
    sayAbove(sentence);
  },
  tell: (sentence) => {
    news = sentence;
    sayOfLink("");
  },
});

const own = new OwnLines({
  thread,
  direct,
  conversation: id,
  waits: "ms-bulle--attente",
  draw: (line) => bubble({ side: "PATIENT", ...line }),
  add: (node) => {
    thread.append(node);
    reader.toFoot();
  },
  number: (node, seq, at) => {
    node.querySelector("time").replaceWith(time(at));
    reader.steady(() => {
      place(node, seq);
      days.settle(node, days.of(at));
    });
  },
  reveal: (node) => reader.reveal(node),
  takeBack: box ? putBack : null,
});

// --- what comes

direct.addEventListener("line", ({ detail: line }) => {
  const mine = line.side === "PATIENT";
  if (mine && own.settle(line)) return;
  if (has(line.seq)) return;
  if (line.kind === "TEXT") show(bubble(line), line);
  else if (line.kind === "EVENT") show(notice(line), line);
  else card(line);
  if (line.kind === "EVENT") refresh();
  if (mine) {
    own.show();
    return;
  }
  typingSign.wrote();
  const author = line.side === "SERVICE" ? "Le service" : authorOf(line).split(" · ")[0];
  const other = line.kind === "FILE" ? spoken(line) : "une orientation";
  const body = typeof line.body === "string" ? line.body : other;
  announcer.line({ seq: line.seq, author, body });
});

function show(node, { seq, at }) {
  reader.receive(node, () => {
    place(node, seq);
    days.settle(node, days.of(at));
  });
}

/** Cards are drawn by the server; kept in order, since lines after them may come first. */
async function card({ seq, at }) {
  const made = element("li", "ms-evenement", "…");
  show(made, { seq, at });
  const parts = await fetchParts(seq - 1);
  const drawn = cardOf(parts, seq);
  reader.steady(() => {
    if (drawn) made.replaceWith(drawn);
    else made.textContent = "Une réponse est arrivée. Actualisez la page pour la lire.";
    if (parts) putParts(parts);
  });
  own.show();
}

const drawnState = () => page.querySelector("[data-etat]").dataset.etat;
const AGAIN = 5_000; // doubled each time, up to a minute
let state = drawnState();
let wait = AGAIN;
let again = null;

/** Draw anew what the state changes, and go on until the page shows the state that it was told. */
const refresh = inTurn(async () => {
  clearTimeout(again);
  const parts = await fetchParts(direct.cursor(id));
  if (parts) reader.steady(() => putParts(parts));
  if (parts && drawnState() === state) {
    wait = AGAIN;
  } else {
    again = setTimeout(refresh, wait);
    wait = Math.min(2 * wait, 60_000);
  }
});

setInterval(() => {
  if (state === "WAITING" && document.visibilityState === "visible") refresh();
}, 30_000);

let leaving = false; // a form of this page is on its way: no reload over it
direct.addEventListener("state", ({ detail }) => {
  if (detail.conversation !== id) return;
  own.show(detail.professional);
  if (detail.state === state) return;
  const before = state;
  state = detail.state;
  refresh();
  if (state === "CLOSED") closed();
  else if (before === "CLOSED" && !leaving) reload();
});

direct.addEventListener("typing", ({ detail }) => {
  if (detail.conversation !== id || detail.side !== "PROFESSIONAL") return;
  typingSign.show("Le professionnel écrit…");
});

/** Closed meanwhile: an empty box goes; a box with words stays, so that they are not lost. */
function closed() {
  for (const link of page.querySelectorAll("[data-tant-qu-ouverte]")) link.remove();
  typingSign.hide();
  if (!form) return;
  if (box.value.trim()) {
    complain(
      "Cette conversation vient d'être close : votre message n'est pas parti. " +
        "Rouvrez-la, et il sera prêt à partir.",
    );
    form.querySelector(":scope > [type=submit]").disabled = true;
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
  hidden(target, "body", box.value);
});

function hidden(target, name, value) {
  const held = element("input");
  Object.assign(held, { type: "hidden", name, value });
  target.append(held);
}

// --- writing

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
  const refusal = refusalOf(text);
  if (refusal) {
    complain(refusal.message);
    box.focus();
    return;
  }
  form.querySelector("[data-refus]")?.remove();
  document.getElementById("erreurs")?.remove();
  own.send(text);
  write("");
});

// What the service kept aside is in the box (data-garde); from the first change on this tab, the
// vault alone has the text, and the other is not put beside it again.
const KEPT = "ms-garde";
const isUntouched = () => Boolean(box?.dataset.garde) && box.value === box.defaultValue;
if (vault && isUntouched() && sessionStorage.getItem(KEPT) === box.dataset.garde) box.value = "";

function changed() {
  if (vault && box.dataset.garde) sessionStorage.setItem(KEPT, box.dataset.garde);
}

/** Set what the box holds, and keep it. */
function write(text) {
  changed();
  box.value = text;
  vault?.putText(id, text);
  fit();
}

/** A text that comes back goes before what was typed since. `instead`: of what the service kept. */
function putBack(text, { instead = false } = {}) {
  if (form.hidden) form.hidden = false;
  const joined = box.value && box.value !== text && !(instead && isUntouched());
  write(joined ? `${text}\n${box.value}` : text);
  box.focus();
}

function fit() {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, window.innerHeight * 0.4)}px`;
}

if (box) {
  box.addEventListener("input", () => {
    changed();
    const follow = reader.atFoot();
    fit();
    if (follow) reader.toFoot();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  fit();
}

// --- the link

direct.addEventListener("offline", () => {
  typingSign.hide();
  sayOfLink(offlineSentence);
});
direct.addEventListener("online", () => sayOfLink(""));
direct.addEventListener("slow", () => sayOfLink(SLOWLY));
direct.addEventListener("gone", () => {
  empty();
  reload();
});
// Signed in as somebody else, this browser would show them what the one before had read.
direct.addEventListener("stranger", empty);

function empty() {
  for (const line of thread.querySelectorAll("[data-seq]")) line.remove();
}

// The session is over. What was typed goes to a page that keeps it and leads to the sign-in; lines
// that did not leave are shown there, and wait on this device, or go along when it keeps nothing.
// Nothing is sent: only who writes does that.
direct.addEventListener("session", () => onceSeen(signIn));

async function signIn() {
  const waiting = own.texts;
  const nothing = !form || (!waiting.length && !box.value.trim());
  // Signed in again in another tab, or under another password: this device gives all back.
  if (nothing || (vault && !(await asksToSignIn(page.dataset.vivant)))) {
    reload();
    return;
  }
  await vault?.settled();
  hidden(form, "garder", "1");
  depart();
  if (vault) {
    for (const text of waiting) hidden(form, "waiting", text);
  } else {
    box.value = [...waiting, box.value].filter((text) => text.trim()).join("\n");
  }
  form.submit();
}

begin({
  restore: (entry) => {
    const follow = reader.atFoot();
    own.restore(entry);
    if (follow) reader.toFoot();
  },
  typed: (text) => putBack(text, { instead: true }),
});
direct.watch(id, Number(page.dataset.cursor));
direct.start();
page.querySelector("[data-sans-script]").hidden = true; // the page is live: nothing to ask for
if (!location.hash) reader.toFoot();
