/* The professional's console, live: new lines, the left column, receipts, keys.
 * The pages work without this module; it only spares reloads. */

import {
  authorOf,
  days,
  drawLine,
  emptyThread,
  has,
  isPlain,
  place,
  reloadSituation,
  reloadThread,
  root,
  setTime,
  thread,
} from "./console_fil.mjs";
import { keepFresh, linkIs, refreshLists, sayCount, stopFresh } from "./console_listes.mjs";
import { keepOnlyTyped, openPanel, typedBeside } from "./console_panneau.mjs";
import { listenToKeys } from "./console_touches.mjs";
import { refusalOf } from "./direct_outils.mjs";
import { Announcer, TypingSign } from "./fil_annonces.mjs";
import { Reader } from "./fil_defilement.mjs";
import { OwnLines } from "./fil_envois.mjs";
import { inTurn } from "./lire.mjs";
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

let lastWord = null; // what the page must go on saying, whatever becomes of the link
let news = ""; // said once, before what becomes of the link

function sayLink(text, link = null) {
  // Said again, the same words would be read aloud again.
  const words = link ? `${text} ${link.textContent}` : text;
  if (linkState.textContent === words && linkState.hidden === !text) return;
  const put = () => {
    linkState.replaceChildren(text, ...(link ? [" ", link] : []));
    linkState.hidden = !text;
  };
  if (reader) reader.steady(put);
  else put();
}

/** What becomes of the link; "" when it is there. */
function sayOfLink(sentence) {
  if (lastWord) sayLink(...lastWord);
  else sayLink([news, sentence].filter(Boolean).join(" "));
}

/** What stays, with the way out of it when there is one. */
function sayForGood(text, link = null) {
  lastWord = [text, link];
  sayLink(text, link);
}

const { direct, vault, begin, reload, depart } = await openLive({
  box: field && !field.readOnly ? field : undefined,
  conversation,
  beside: typedBeside,
  say: sayForGood,
  tell: (sentence) => {
    news = sentence;
    sayOfLink("");
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
    wanted = Math.max(wanted, line.seq);
    drawThread();
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

let blanked = false; // nothing is left here but what was typed
let wanted = 0; // the last line that only the server draws
const drawThread = inTurn(async () => {
  reloadSituation(reader);
  await reloadThread(reader, wanted);
  own.show();
});

let state = thread?.dataset.etat;
direct.addEventListener("state", ({ detail }) => {
  if (detail.conversation !== conversation) return;
  state = detail.state;
  own.show(detail.patient);
  if ("mienne" in thread.dataset) refreshLists();
  follow();
});

/** The conversation was closed or taken elsewhere: the page shows what may be done now, once nothing
 * is under way on it. */
function follow() {
  if (isOver || blanked || !thread || state === thread.dataset.etat) return;
  const chosen = [...document.querySelectorAll("input[type=file]")].some((one) => one.files.length);
  if (!field?.value && !direct.pending && !typedBeside().length && !chosen) reload();
}
direct.addEventListener("ack", () => setTimeout(follow)); // once the outbox is done with it
// Not under the hands of who empties a field to write in it again: the letters would be commands.
document.addEventListener("focusout", ({ relatedTarget }) => {
  if (!relatedTarget) follow();
});

direct.addEventListener("typing", ({ detail }) => {
  if (detail.conversation !== conversation || detail.side !== "PATIENT") return;
  typingSign.show(`${thread.dataset.patient} écrit…`);
});

direct.addEventListener("gone", ({ detail }) => {
  if (detail.conversation !== conversation) return;
  if (!field?.value && !direct.pending && !typedBeside().length) {
    location.assign(`${root.dataset.accueil}?partie`);
    return;
  }
  blank();
  sayForGood("Vous n'avez plus accès à cette conversation. Copiez votre texte.");
});

/** Whoever is before the screen may not read the conversation any more: what was typed stays. */
function blank() {
  if (blanked || !thread) return;
  blanked = true;
  root.dataset.videe = "";
  emptyThread();
  document.querySelector("[data-tete]").replaceChildren();
  document.querySelector("h1").textContent = "Conversation";
  keepOnlyTyped();
  reply?.querySelector(".ms-reponse__qui")?.replaceChildren("Votre réponse");
  reply?.querySelector("[type=submit]")?.setAttribute("disabled", "");
}

// Signed in as somebody else, this browser would show them a page of the one before.
direct.addEventListener("stranger", () => {
  stopFresh();
  blank();
});

// --- writing

function refuse(message) {
  const place = reply.querySelector("[data-refus]");
  place.textContent = message;
  place.hidden = !message;
}

reply?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (blanked) return; // the key of the button goes on without it
  const body = field.value;
  if (!body.trim()) {
    refuse("Votre message est vide. Écrivez quelques mots.");
    field.focus();
    return;
  }
  const refusal = refusalOf(body);
  if (refusal) {
    refuse(refusal.message);
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

document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (defaultPrevented || target.method !== "post") return;
  if (field && !field.value) direct.stop();
  // What was typed goes along with this form; else the person is asked.
  if (!typedBeside(target).length && !direct.pending && (vault || !field?.value.trim())) depart();
});

// --- the right column

async function showPanel(address) {
  if (await openPanel(address, Boolean(field?.value.trim()))) return;
  sayLink("Ce volet ne s'ouvre pas : la connexion est coupée. Votre texte reste ici. Réessayez.");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-onglet]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  showPanel(link.href);
});

// --- the link

direct.addEventListener("queue", refreshLists);
const follows = Boolean(conversation && thread.dataset.curseur);
let isOver = false; // the session: the way to sign in stays in sight
direct.addEventListener("online", () => {
  linkIs(true);
  sayOfLink("");
});
direct.addEventListener("offline", () => {
  linkIs(false);
  typingSign.hide();
  sayOfLink(OFFLINE);
});
direct.addEventListener("slow", () => sayOfLink(SLOWLY));
// A page that follows no conversation learns from its lists alone whether anything passes.
keepFresh((passes) => {
  if (!isOver && !follows) sayOfLink(passes ? QUEUE_SLOWLY : OFFLINE);
});
// Without a socket, a reading is the first to hear that the session is over.
document.addEventListener("ms-session", () => direct.dispatchEvent(new CustomEvent("session")));
// The session is over: what was typed stays in sight, and the way to sign in is a link.
direct.addEventListener("session", () => {
  if (isOver) return;
  isOver = true;
  stopFresh();
  const beside = blanked || typedBeside().length;
  if (!own?.texts.length && !field?.value.trim() && !beside) {
    onceSeen(reload);
    return;
  }
  const link = document.createElement("a");
  link.href = location.pathname + location.search; // to a "#", nothing would be loaded
  link.textContent = "Se connecter";
  link.addEventListener("click", depart); // told to copy first
  blank();
  const advice = vault && !beside
    ? "Votre texte est gardé sur cet appareil."
    : "Copiez votre texte avant de vous connecter.";
  sayForGood(`Votre session est finie. ${advice}`, link);
});

// --- keys

listenToKeys({
  lists: document.querySelector("[data-listes]"),
  field,
  openPanel: showPanel,
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
