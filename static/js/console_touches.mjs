/* The keys of the console, and their help. Single keys can be turned off (WCAG 2.1.4). */

// A cookie, not the storage of the browser: signing out empties that, and the choice must stay.
const KEYS_OFF = "touches=non";

const areOn = () => !document.cookie.split("; ").includes(KEYS_OFF);

function keep(on) {
  const age = on ? 0 : 365 * 24 * 60 * 60;
  document.cookie = `${KEYS_OFF}; path=/console/; max-age=${age}; samesite=lax`;
}

/** Focus the next or the previous row of the lists. */
function moveRow(lists, step) {
  const rows = [...lists.querySelectorAll("[data-rang]")];
  if (!rows.length) return;
  const current = rows.indexOf(document.activeElement);
  const open = rows.findIndex((row) => row.hasAttribute("aria-current"));
  const from = current >= 0 ? current : open;
  const next = from < 0 ? (step > 0 ? 0 : rows.length - 1) : from + step;
  rows[Math.max(0, Math.min(rows.length - 1, next))].focus();
}

/**
 * @param {object} page
 * @param {Element} page.lists the left column
 * @param {HTMLTextAreaElement|undefined} page.field where the answer is written
 * @param {(address: string) => void} page.openPanel opens the right column
 * @param {string} page.home address of the console without a conversation
 * @param {() => void} page.send sends what is in the field
 */
export function listenToKeys({ lists, field, openPanel, home, send }) {
  const help = document.querySelector("[data-dialogue-aide]");
  const helpButton = document.querySelector("[data-aide]");
  const box = help.querySelector("[data-touches]");
  const keys = {
    j: () => moveRow(lists, 1),
    k: () => moveRow(lists, -1),
    r: () => field?.focus(),
    p: () => document.querySelector("[data-prendre]")?.requestSubmit(),
    f: () => location.assign(home),
    "?": () => help.showModal(),
  };

  box.checked = areOn();
  box.addEventListener("change", () => keep(box.checked));
  helpButton.hidden = false;
  helpButton.addEventListener("click", () => help.showModal());

  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const inField = target.closest?.("input, textarea, select, dialog");
    if (inField && key === "Escape") target.blur();
    if (field && target === field && key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
      return;
    }
    if (inField || event.ctrlKey || event.metaKey || event.altKey || !box.checked) return;
    const link = document.querySelector(`[data-touche="${CSS.escape(key)}"]`);
    if (!keys[key] && !link) return;
    event.preventDefault();
    if (link) openPanel(link.href);
    else keys[key]();
  });
}
