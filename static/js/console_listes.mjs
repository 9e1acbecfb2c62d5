/* The left column of the console: fetched again when the queue changes, and from time to time. */

import { inTurn, readPage } from "./lire.mjs";

const root = document.querySelector("[data-console]");
const lists = document.querySelector("[data-listes]");
const title = document.title;
const EVERY = 60_000; // "il y a 3 min" must not grow old
const AWAY = 12_000; // without a socket, nothing else says that somebody waits
let planned = null;
let turn = null;
let away = false;
let tell = () => {};
let stopped = false;

/** Keep the column fresh from now on. `told`: without a socket, whether each reading passed. */
export function keepFresh(told) {
  tell = told;
  plan();
}

/** The socket is there, or not: without it the column is read more often. */
export function linkIs(present) {
  if (away === !present) return;
  away = !present;
  plan();
}

/** This page is nobody's any more: what the column shows goes, and nothing is read again. */
export function stopFresh() {
  stopped = true;
  clearTimeout(turn);
  lists.replaceChildren();
  root.dataset.finie = "";
  document.title = title;
}

function plan() {
  clearTimeout(turn);
  if (stopped) return;
  // As long again at most, by chance: when a service comes back, its pages ask in turn.
  const wait = away && document.visibilityState === "visible" ? AWAY * (1 + Math.random()) : EVERY;
  turn = setTimeout(() => {
    refreshLists();
    plan();
  }, wait);
}

/** Fetch the left column again, once for the events that come together. */
export function refreshLists() {
  planned ??= setTimeout(() => {
    planned = null;
    fetchLists();
  }, 200);
}

// What happens while one reading is under way may not be in it: there is another one then.
const fetchLists = inTurn(async () => {
  if (stopped) return;
  const here = new URLSearchParams(location.search);
  here.set("ouverte", root.dataset.ouverte);
  const fresh = await readPage(`${root.dataset.file}?${here}`); // ends, whatever happens
  if (stopped) return;
  // A portal answers with a page of its own; what is not our column changes nothing.
  const ours = Boolean(fresh?.querySelector("[data-a-repondre]"));
  if (ours) replaceLists(fresh.body); // else the next event tries again
  if (away) tell(ours);
});

function replaceLists(fresh) {
  const focused = lists.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.closest("a")?.getAttribute("href");
  lists.replaceChildren(...fresh.childNodes);
  if (focused) {
    const again = href && lists.querySelector(`a[href="${CSS.escape(href)}"]`);
    (again || lists.querySelector("a, button"))?.focus();
  }
  sayCount();
}

/** How many conversations wait for this professional, in the title of the tab. */
export function sayCount() {
  const n = Number(lists.querySelector("[data-a-repondre]")?.dataset.aRepondre ?? 0);
  document.title = n ? `(${n}) ${title}` : title;
}
