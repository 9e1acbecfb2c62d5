/* Reading, for a page that is open, what the service draws: a list, a thread, a card.
 *
 * A redirection is never followed. Once the session is over it leads to the sign-in page, and
 * that page gives the browser another form token: whoever signs in at this moment in another tab
 * would be told that their form has expired. The redirection itself takes the dead session's cookie
 * away, once: the next reading has none to take. */

/** The answer of an address; null without network, or when the answer is not the one asked for. */
export async function read(address, headers = {}) {
  try {
    const answer = await fetch(address, { headers, redirect: "manual" });
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

/** The document of an address, or null. */
export async function readPage(address) {
  try {
    const answer = await read(address);
    return answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null; // cut in the middle
  }
}
