/* The professional's console, live: new lines, the left column, receipts, keys.
 * The pages work without this module; it only spares reloads. */

import {
  authorOf,
  days,
  drawLine,
  has,
  isPlain,
  place,
  reloadSituation,
  reloadThread,
  root,
  setTime,
  thread,
} from "./console_fil.mjs";
import { keepFresh, linkIs, refreshLists, sayCount } from "./console_listes.mjs";
import { listenToKeys } from "./console_touches.mjs";
import { Announcer, TypingSign } from "./fil_annonces.mjs";
import { Reader } from "./fil_defilement.mjs";
import { OwnLines } from "./fil_envois.mjs";
import { readPage } from "./lire.mjs";
import { spoken } from "./pieces.mjs";
import { SLOWLY, onceSeen, openLive } from "./saisie.mjs";

const scroller = document.querySelector("[data-defile]");
const reply = document.querySelector("[data-reponse]");
const linkState = document.querySelector("[data-etat-lien]");
const conversation = thread?.dataset.conversation;
const field = reply?.elements.body;
const QUEUE_SLOWLY = "Connexion limitée. La file se met à jour avec un peu de retard.";
const OFFLINE = field
  ? "Hors ligne. Ce que vous écrivez partira dès le retour de la connexion."
  : "Hors ligne. Cette page n'est plus à jour.";

const SAID = { WORSENING: "état qui s'aggrave", ORIENTATION: "une orientation" };

const announcer = new Announcer(document.querySelector("[data-annonce]"));
const typingSign = new TypingSign(document.querySelector("[data-saisie]"), announcer);
const reader =
  thread &&
  new Reader({
    thread,
    button: document.querySelector("[data-nouveau]"),
    // On a narrow screen the whole page scrolls, and the reply covers its foot.
    scroller: () => (getComputedStyle(scroller).overflowY === "visible" ? null : scroller),
    cover: () => document.querySelector("[data-pied]"),
  });

let lastWord = ""; // what the page must go on saying, whatever becomes of the link

function sayLink(text, link = null) {
  // Said again, the same words would be read aloud again.
  if (!link && linkState.textContent === text && linkState.hidden === !text) return;
  const put = () => {
    linkState.replaceChildren(text, ...(link ? [" ", link] : []));
    linkState.hidden = !text;
  };
  if (reader) reader.steady(put);
  else put();
}

const { direct, vault, begin, reload } = await openLive({
  box: field && !field.readOnly ? field : undefined,
  conversation,
  say: (sentence) => {
    lastWord = sentence;
    sayLink(sentence);
  },
});

const own =
  thread &&
  new OwnLines({
    thread,
    direct,
    conversation,
    waits: "ms-replique--partant",
    draw: (line) => drawLine({ side: "PROFESSIONAL", ...line }),
    add: (line) => {
      thread.append(line);
      reader.toFoot();
    },
    number: (line, seq, at) => {
      setTime(line, at);
      reader.steady(() => {
        place(line, seq);
        days.settle(line, days.of(at));
      });
    },
    reveal: (node) => reader.reveal(node),
    takeBack: field ? putBack : null,
  });

// --- what comes

direct.addEventListener("line", ({ detail: line }) => {
  if (line.conversation !== conversation) return;
  refreshLists();
  const mine = line.side === "PROFESSIONAL";
  if (mine && own.settle(line)) return;
  if (!isPlain(line.kind)) {
    reloadThread(reader).then(() => own.show());
    reloadSituation(reader);
  } else if (!has(line.seq)) {
    const drawn = drawLine(line);
    reader.receive(drawn, () => {
      place(drawn, line.seq);
      days.settle(drawn, days.of(line.at));
    });
  }
  if (mine) own.show();
  else typingSign.wrote();
  if (line.side !== "SERVICE" && authorOf(line) !== "Vous") {
    const body = typeof line.body === "string" ? line.body : (SAID[line.kind] ?? spoken(line));
    announcer.line({ seq: line.seq, author: authorOf(line), body });
  }
});

let state = thread && { state: thread.dataset.etat };
direct.addEventListener("state", ({ detail }) => {
  if (detail.conversation !== conversation) return;
  const before = state;
  state = detail;
  own.show(detail.patient);
  // The conversation was closed or taken elsewhere: the page shows what may be done now.
  const busy = field?.value || direct.pending || typedBeside().length;
  if (before.state !== detail.state && !busy) reload();
  else if ("mienne" in thread.dataset) refreshLists();
});

direct.addEventListener("typing", ({ detail }) => {
  if (detail.conversation !== conversation || detail.side !== "PATIENT") return;
  typingSign.show(`${thread.dataset.patient} écrit…`);
});

direct.addEventListener("gone", ({ detail }) => {
  if (detail.conversation !== conversation) return;
  const beside = typedBeside();
  if (!field?.value && !direct.pending && !beside.length) {
    location.assign(`${root.dataset.accueil}?partie`);
    return;
  }
  // Only what was typed here stays.
  for (const line of [...thread.children]) if (!line.matches(".ms-replique--partant")) line.remove();
  document.querySelector("[data-tete]").replaceChildren();
  const texts = beside.map((text) => {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  });
  document.querySelector("[data-droite]").replaceChildren(...texts);
  reply?.querySelector("[type=submit]")?.setAttribute("disabled", "");
  lastWord = "Vous n'avez plus accès à cette conversation. Copiez votre texte.";
  sayLink(lastWord);
});

// --- writing

/** What is typed in the right column: a summary, a word for the patient. The server has none of it. */
function typedBeside() {
  const fields = document.querySelectorAll("[data-droite] :is(textarea, input[type=text])");
  return [...fields].filter((one) => one.value !== one.defaultValue).map((one) => one.value);
}

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
  own.send(body);
  write("");
  field.focus();
});

/** Set what the field holds, and keep it. */
function write(text) {
  field.value = text;
  vault?.putText(conversation, text);
}

/** A text that comes back goes before what was typed since. */
function putBack(text) {
  write(field.value && field.value !== text ? `${text}\n${field.value}` : text);
}

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
  const fresh = (await readPage(address))?.querySelector("[data-droite]");
  if (!fresh) {
    location.assign(address);
    return;
  }
  panel.replaceChildren(...fresh.childNodes);
  panel.querySelector("h2")?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-onglet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  openPanel(link.href);
});

// --- the link

direct.addEventListener("queue", refreshLists);
const follows = Boolean(conversation && thread.dataset.curseur);
let isOver = false; // the session: the way to sign in stays in sight
direct.addEventListener("online", () => {
  linkIs(true);
  sayLink(lastWord);
});
direct.addEventListener("offline", () => {
  linkIs(false);
  typingSign.hide();
  sayLink(lastWord || OFFLINE);
});
direct.addEventListener("slow", () => sayLink(lastWord || SLOWLY));
// A page that follows no conversation learns from its lists alone whether anything passes.
keepFresh((passes) => {
  if (!isOver && !follows) sayLink(lastWord || (passes ? QUEUE_SLOWLY : OFFLINE));
});
// Without a socket, a reading is the first to hear that the session is over.
document.addEventListener("ms-session", () => direct.dispatchEvent(new CustomEvent("session")));
// The session is over: what was typed stays in sight, and the way to sign in is a link.
direct.addEventListener("session", () => {
  if (isOver) return;
  isOver = true;
  const beside = typedBeside().length;
  if (!own?.texts.length && !field?.value.trim() && !beside) {
    onceSeen(reload);
    return;
  }
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Se connecter";
  lastWord = vault && !beside
    ? "Votre session est finie. Votre texte est gardé sur cet appareil."
    : "Votre session est finie. Copiez votre texte avant de vous connecter.";
  sayLink(lastWord, link);
});

// --- keys

listenToKeys({
  lists: document.querySelector("[data-listes]"),
  field,
  openPanel,
  home: root.dataset.accueil,
  send: () => reply.requestSubmit(),
});

// --- start

begin({
  restore: (entry) => (own ? own.restore(entry) : direct.restore(entry)),
  typed: (text) => field && putBack(text),
});
reader?.toFoot();
sayCount();
if (follows) direct.watch(conversation, Number(thread.dataset.curseur));
direct.watchQueue();
direct.start();
