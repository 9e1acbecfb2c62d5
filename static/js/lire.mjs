/* Reading, for a page that is open, what the service draws: a list, a thread, a card.
 *
 * A redirection is never followed. Once the session is over it leads to the sign-in page, and
 * that page gives the browser another form token: whoever signs in at this moment in another tab
 * would be told that their form has expired. The service leaves the dead session's cookie in place
 * (config/background_session.py): it could already be that of the next one. */

import { within } from "./direct_outils.mjs";

const LONGEST = 10_000; // milliseconds: what answers no more must not hold up what comes after

/** The answer of an address, taken by `take`, all within `longest`. Null without network, or when the
 * answer is not the one asked for. The document hears "ms-session" when the service asks to sign in. */
async function read(address, take, headers = {}, longest = LONGEST) {
  try {
    return await within(longest, async (signal) => {
      const answer = await fetch(address, { headers, redirect: "manual", signal });
      if (answer.type === "opaqueredirect") document.dispatchEvent(new Event("ms-session"));
      return answer.ok ? await take(answer) : null;
    });
  } catch {
    return null; // no network, or cut in the middle
  }
}

/** Whether the service asks to sign in; true too when nobody answers. */
export async function asksToSignIn(address) {
  try {
    const asked = await within(LONGEST, (signal) => fetch(address, { redirect: "manual", signal }));
    return asked.type === "opaqueredirect";
  } catch {
    return true;
  }
}

/** What an address says in JSON, or null. */
export function readJson(address) {
  return read(address, (answer) => answer.json(), { Accept: "application/json" });
}

/** The document of an address, or null. `longest`: milliseconds. */
export function readPage(address, longest = LONGEST) {
  const parse = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  return read(address, parse, {}, longest);
}

/** `act`, never twice at once: what asks for it meanwhile makes it run once more, afterwards. */
export function inTurn(act) {
  let running = null;
  let again = false;
  const run = async () => {
    try {
      do {
        again = false;
        await act();
      } while (again);
    } finally {
      running = null;
    }
  };
  return () => {
    again = running !== null;
    running ??= run();
    return running;
  };
}
