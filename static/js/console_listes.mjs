/* The left column of the console: fetched again when the queue changes. */

const root = document.querySelector("[data-console]");
const lists = document.querySelector("[data-listes]");
const title = document.title;
let planned = null;

/** Fetch the left column again, once for the events that come together. */
export function refreshLists() {
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
export function sayCount() {
  const n = Number(lists.querySelector("[data-a-repondre]")?.dataset.aRepondre ?? 0);
  document.title = n ? `(${n}) ${title}` : title;
}
