/* Small tools of the live link (direct.mjs): ids, timers, waits, receipts, and the two things that a
 * page may ask by plain HTTP when it has no socket. */

/** A random UUID; crypto.randomUUID is missing on plain http addresses. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Twice what a line may hold: more would not even fit in a frame, and could not be answered there.
const FITS = 10_000;

/**
 * Why a text can never leave, said here because no frame could carry it; null when it can.
 * Half of a character (a lone surrogate) is no text: it could be neither sent nor kept.
 */
export function refusalOf(text) {
  try {
    encodeURIComponent(text);
  } catch {
    const message = "Votre message contient un caractère illisible. Effacez-le, puis réessayez.";
    return { code: "UNREADABLE", message };
  }
  if (text.normalize("NFC").length <= FITS) return null;
  const message =
    "Votre message est trop long : 5 000 caractères au plus. Raccourcissez-le, puis réessayez.";
  return { code: "TOO_LONG", message };
}

/**
 * How long to wait before a new try, in milliseconds: exponential, with full jitter, so that the
 * pages of a service that comes back do not come back all at once.
 */
export function backOff(tries, { first, longest }) {
  return Math.random() * Math.min(longest, first * 2 ** tries);
}

/** What `act` gives, which is given up by its signal after `longest` milliseconds. */
export async function within(longest, act) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), longest);
  try {
    return await act(stop.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Named timers: setting one again replaces it. */
export class Timers {
  #running = new Map();

  set(name, delay, act) {
    clearTimeout(this.#running.get(name));
    this.#running.set(
      name,
      setTimeout(() => {
        this.#running.delete(name);
        act();
      }, delay),
    );
  }

  has(name) {
    return this.#running.has(name);
  }

  clear(...names) {
    for (const name of names) {
      clearTimeout(this.#running.get(name));
      this.#running.delete(name);
    }
  }

  clearAll() {
    this.clear(...this.#running.keys());
  }
}

/** How far this device has received, and how far the person could see. Never goes back. */
export class Seen {
  #said = new Map(); // conversation -> { delivered, opened }

  /** The frames to say, given the last number received of each conversation. */
  due(cursors) {
    const opened = document.visibilityState === "visible";
    const frames = [];
    for (const [conversation, seq] of cursors) {
      const said = this.#said.get(conversation) ?? { delivered: 0, opened: 0 };
      if (seq > said.delivered || (opened && seq > said.opened)) {
        frames.push({ t: "seen", conversation, seq, opened });
      }
    }
    return frames;
  }

  /** A frame has left. */
  note({ conversation, seq, opened }) {
    const before = this.#said.get(conversation)?.opened ?? 0;
    this.#said.set(conversation, { delivered: seq, opened: opened ? seq : before });
  }

  forget(conversation) {
    this.#said.delete(conversation);
  }

  forgetAll() {
    this.#said.clear();
  }
}

const LONGEST = 10_000; // milliseconds: a request that hangs must not hold up the next one
// The session is over, or is not the one of this page any more.
const SIGN_IN = ["SIGN_IN", "FORM_EXPIRED", "FORBIDDEN", "SECOND_FACTOR"];

/**
 * Ask the HTTP interface something about a conversation.
 * @returns {Promise<object|null>} its answer, as it is; { t: "nack", ... } for a refusal as the
 *   socket would say it; { t: "signin" } when one must sign in; null when there is no network, or
 *   when something on the way answers instead of the service
 */
async function ask(api, csrfToken, conversation, what, asked) {
  try {
    const [ok, said] = await within(LONGEST, async (signal) => {
      const answer = await fetch(`${api}/conversations/${conversation}/${what}/`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken },
        body: JSON.stringify(asked),
        redirect: "manual",
        signal,
      });
      return [answer.ok, await answer.json()];
    });
    if (ok) return said;
    if (SIGN_IN.includes(said.code)) return { t: "signin" };
    return said.code ? { t: "nack", conversation, ...said } : null;
  } catch {
    return null;
  }
}

/** Post one line, under its own id. Its "ack" or its "nack", or another answer of `ask`. */
export async function postLine(api, csrfToken, { conversation, id, body }) {
  const said = await ask(api, csrfToken, conversation, "messages", { id, body });
  if (said?.t) return { ...said, id };
  if (!Number.isInteger(said?.seq)) return null;
  return { t: "ack", conversation, id, seq: said.seq, at: said.at };
}

/** Read the lines after a cursor, and say how far this page is. The lines and the state of the
 * conversation, or another answer of `ask`. */
export async function readLines(api, csrfToken, { conversation, ...place }) {
  const said = await ask(api, csrfToken, conversation, "reading", place);
  return said?.t || Array.isArray(said?.lines) ? said : null;
}
