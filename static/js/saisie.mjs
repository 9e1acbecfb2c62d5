/* What a live page keeps of the person at work on it, whatever happens to the page: the lines not
 * acknowledged and the text half typed (coffre.mjs), and the ways a page may end: logout in another
 * tab, a session that is over, a service that was restored. Shared by both pages. */

import { openVault, wipe } from "./coffre.mjs";
import { Direct } from "./direct.mjs";

export const SLOWLY = "Connexion limitée. Les messages passent, avec un peu de retard.";
const LEAVE_WITHIN = 3_000; // after a logout elsewhere, if the service does not say it first
const RELOADED = "ms-epoque"; // the epoch that this tab was loaded again for: once each

/**
 * @param {object} page
 * @param {HTMLTextAreaElement|undefined} page.box where one writes
 * @param {string|undefined} page.conversation the one of the page
 * @param {() => string[]} [page.beside] what is typed elsewhere on the page, and kept by nobody
 * @param {(text: string) => void} page.say tells the person a sentence, in a place that stays
 * @param {(text: string) => void} page.tell tells a sentence that the state of the link follows
 * @returns {Promise<{ direct: Direct, vault: object|null, begin: (own) => void, reload, depart }>}
 *   `begin` once the page listens: what pages that are gone have left comes back; `depart` before
 *   the page goes by itself with what was typed
 */
export async function openLive({ box, conversation, say, tell, beside = () => [] }) {
  const held = document.querySelector("[data-coffre]");
  const { compte: account = "", cles: keys = "", epoch = "" } = held?.dataset ?? {};
  held?.removeAttribute("data-cles");
  const vault = await openVault({ account, keys });
  // Of whatever form the page has at that moment; with none left, nothing goes or comes by HTTP.
  const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const direct = new Direct({ csrfToken, epoch, account, store: vault });

  const reload = async () => {
    await vault?.settled();
    location.reload();
  };

  let loggedOut = false;
  let leaving = false; // the page goes by itself: no question asked
  const news = globalThis.BroadcastChannel && new BroadcastChannel("ms");
  news?.addEventListener("message", ({ data }) => {
    if (data !== "sortie") return;
    loggedOut = true;
    vault?.close();
    if (box) box.value = "";
    setTimeout(() => location.replace("/"), LEAVE_WITHIN);
  });

  direct.addEventListener("signin", (event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
    leaving = Boolean(vault) && !beside().length;
    if (loggedOut) location.replace("/");
    else direct.dispatchEvent(new CustomEvent("session"));
  });
  direct.addEventListener("stale", () => {
    const { epoch: now = "?" } = held.dataset;
    const again = sessionStorage.getItem(RELOADED) === now;
    const lost = beside().length || (!vault && (direct.pending || box?.value.trim()));
    if (!again && !lost) {
      sessionStorage.setItem(RELOADED, now);
      leaving = true;
      reload();
    } else say("Le service a redémarré. Copiez votre texte, puis rechargez cette page.");
  });
  direct.addEventListener("stranger", () => {
    vault?.close();
    say("Un autre compte est ouvert dans ce navigateur : rien ne part d'ici. Rechargez la page.");
  });
  direct.addEventListener("outdated", () => say("Cette page est ancienne. Rechargez-la."));
  direct.addEventListener("forbidden", () => say("Ce compte n'a plus accès à cette page."));

  if (box) {
    if (vault) box.autocomplete = "off"; // the browser would keep the text in clear
    box.addEventListener("input", () => {
      vault?.putText(conversation, box.value);
      if (box.value.trim()) direct.typing(conversation);
    });
  }
  addEventListener("beforeunload", (event) => {
    if (loggedOut || leaving) return;
    if (direct.pending || beside().length || (!vault && box?.value.trim())) event.preventDefault();
  });

  /** @param {{ restore(entry): void, typed(text: string): void }} own */
  const begin = (own) => {
    if (vault?.expired) {
      tell("Un message de plus de 24 heures n'est jamais parti. Il est effacé de cet appareil.");
    }
    let loading = true;
    setTimeout(() => (loading = false), 2_000);
    vault?.takeOver({
      line: (entry) => (own ? own.restore(entry) : direct.restore(entry)),
      text: ({ text }) => own.typed(text),
      wants: (of) => Boolean(box) && of === conversation && (loading || !box.value),
    });
  };
  const depart = () => {
    leaving = true;
  };
  return { direct, vault, begin, reload, depart };
}

/** The session is over: `go` to the sign-in page, once somebody looks at this one. Asked for from
 * behind, its answer would take away the cookie of whoever signs in in another tab meanwhile
 * (config/background_session.py). Until then the page shows nothing. */
export function onceSeen(go) {
  if (document.visibilityState === "visible") {
    go();
    return;
  }
  document.body.hidden = true;
  document.addEventListener("visibilitychange", go, { once: true });
}

/** At logout: nothing stays on the device, and the other tabs leave too. */
export function leave() {
  wipe();
  if (globalThis.BroadcastChannel) new BroadcastChannel("ms").postMessage("sortie");
}
