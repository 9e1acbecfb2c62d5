/* The right column of the console: a panel opens in place while something is typed on the page, and
 * what is typed in one panel is there again when it comes back. */

import { readPage } from "./lire.mjs";

const panel = document.querySelector("[data-droite]");
const FIELDS = "textarea, input[type=text], input[type=tel]";
const aside = new Map(); // address -> the parts of a panel with something typed in it
let shown = location.pathname;
let asked = 0;

/** Whether the server has not what a field holds: typed here, or given back with a refusal. */
const isTyped = (one) =>
  one.value.trim() && (one.value !== one.defaultValue || one.closest("[data-rendu]"));

const typedIn = (parts) =>
  parts.flatMap((part) => [...(part.querySelectorAll?.(FIELDS) ?? [])]).filter(isTyped);

const fieldsBeside = () => [[...panel.childNodes], ...aside.values()].flatMap(typedIn);

/**
 * What is typed in the right column: a summary, a word for the patient. The server has none of it.
 * @param {HTMLFormElement} [form] one whose own fields do not count
 */
export function typedBeside(form) {
  return fieldsBeside().filter((one) => !form?.contains(one)).map((one) => one.value);
}

/** Nobody may read this conversation here any more: only what was typed here stays, to be copied. */
export function keepOnlyTyped() {
  const texts = fieldsBeside().map((one) => {
    const made = document.createElement("label");
    const text = document.createElement("textarea");
    made.className = "fr-label";
    Object.assign(text, { className: "fr-input", readOnly: true, rows: 5, value: one.value });
    made.append(one.labels[0]?.firstChild?.textContent.trim() || "Votre texte", text);
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
 * @returns {Promise<boolean>} false when it could not be read, and nothing changed
 */
export async function openPanel(address, writing) {
  const turn = (asked += 1);
  if (!(writing || typedBeside().length) || getComputedStyle(panel).display === "none") {
    location.assign(address);
    return true;
  }
  const { pathname } = new URL(address, location.href);
  if (pathname === shown) return true;
  let parts = aside.get(pathname);
  if (!parts) {
    const fresh = (await readPage(address))?.querySelector("[data-droite]");
    if (turn !== asked) return true; // another one was asked for since
    if (!fresh) return false;
    parts = [...fresh.childNodes].map((node) => document.adoptNode(node));
  }
  const left = [...panel.childNodes];
  if (typedIn(left).length) aside.set(shown, left);
  aside.delete(pathname);
  shown = pathname;
  panel.replaceChildren(...parts);
  panel.querySelector("h2")?.scrollIntoView({ block: "nearest" });
  return true;
}
