/* The left column of the console: fetched again when the queue changes. */

import { readPage } from "./lire.mjs";

const root = document.querySelector("[data-console]");
const lists = document.querySelector("[data-listes]");
const title = document.title;
let planned = null;

/** Fetch the left column again, once for the events that come together. */
export function refreshLists() {
  planned ??= setTimeout(fetchLists, 200);
}

async function fetchLists() {
  const here = new URLSearchParams(location.search);
  here.set("ouverte", root.dataset.ouverte);
  const fresh = await readPage(`${root.dataset.file}?${here}`);
  planned = null;
  if (fresh) replaceLists(fresh.body); // else the next event tries again
}

function replaceLists(fresh) {
  const focused = document.activeElement?.closest?.("[data-rang]")?.getAttribute("href");
  lists.replaceChildren(...fresh.childNodes);
  if (focused) lists.querySelector(`[data-rang][href="${CSS.escape(focused)}"]`)?.focus();
  sayCount();
}

/** How many conversations wait for this professional, in the title of the tab. */
export function sayCount() {
  const n = Number(lists.querySelector("[data-a-repondre]")?.dataset.aRepondre ?? 0);
  document.title = n ? `(${n}) ${title}` : title;
}
