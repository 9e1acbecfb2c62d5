/* The right column of the console: a panel opens in place while something is typed on the page, and
 * what is typed in one panel is there again when it comes back. */

import { readPage } from "./lire.mjs";

const panel = document.querySelector("[data-droite]");
const FIELDS = "textarea, input[type=text], input[type=tel]";
const aside = new Map(); // address -> the parts of a panel with something typed in it
let shown = location.pathname;
let asked = 0;

const typedIn = (parts) =>
  parts
    .flatMap((part) => [...(part.querySelectorAll?.(FIELDS) ?? [])])
    .filter((one) => one.value !== one.defaultValue)
    .map((one) => one.value);

/** What is typed in the right column: a summary, a word for the patient. The server has none of it. */
export function typedBeside() {
  return [[...panel.childNodes], ...aside.values()].flatMap(typedIn);
}

/** Nobody may read this conversation here any more: only what was typed here stays. */
export function keepOnlyTyped() {
  const texts = typedBeside().map((text) => {
    const made = document.createElement("p");
    made.className = "ms-lignes";
    made.textContent = text;
    return made;
  });
  asked += 1; // what is on its way is not shown any more
  aside.clear();
  panel.replaceChildren(...texts);
}

/**
 * Open a panel in place when something is typed on the page; else go to its address.
 * @param {string} address
 * @param {boolean} writing whether an answer is being written
 */
export async function openPanel(address, writing) {
  const turn = (asked += 1);
  if (!(writing || typedBeside().length) || getComputedStyle(panel).display === "none") {
    location.assign(address);
    return;
  }
  const { pathname } = new URL(address, location.href);
  if (pathname === shown) return;
  let parts = aside.get(pathname);
  if (!parts) {
    const fresh = (await readPage(address))?.querySelector("[data-droite]");
    if (turn !== asked) return; // another one was asked for since
    if (!fresh) {
      if (!typedBeside().length) location.assign(address);
      return;
    }
    parts = [...fresh.childNodes].map((node) => document.adoptNode(node));
  }
  const left = [...panel.childNodes];
  if (typedIn(left).length) aside.set(shown, left);
  aside.delete(pathname);
  shown = pathname;
  panel.replaceChildren(...parts);
  panel.querySelector("h2")?.scrollIntoView({ block: "nearest" });
}
