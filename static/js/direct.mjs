/* The live link between a page and the service: one socket, shared by patient and professional
 * pages. No dependency. docs/protocol.md tells each frame.
 *
 *   import { Direct } from "./direct.mjs";
 *   const direct = new Direct({ csrfToken: () => form.elements.csrfmiddlewaretoken.value });
 *   direct.addEventListener("line", ({ detail }) => { … });   // detail: the frame
 *   direct.watch(conversationId, lastSeqOnThePage);
 *   direct.start();
 *   const id = direct.send(conversationId, text);             // kept until "ack" or "nack"
 *
 * Events (detail = the frame unless said):
 *   line       a line of a watched conversation, once each and in order
 *   state      state, outcome and receipts of a watched conversation
 *   ack        a line sent from here is kept: { conversation, id, seq, at }
 *   nack       a line, or a watch, is refused: { conversation, id?, code, retry, message }; when
 *              `retry` is true the line stays in the outbox and is tried again
 *   gone       a watched conversation is no longer visible to this account
 *   queue      the queue of the professional changed: fetch it again
 *   online, offline   the link is up, or is known to be down (no detail)
 *   signin     the session is over; cancelable. By default the page is loaded again, and the
 *              server leads to the sign-in page; not while an unsent line would be lost
 *   forbidden, outdated   this account has no live view; this page is older than the service
 */

const VERSION = 1;
const PING_EVERY = 20_000; // a quiet link is asked at least this often
const PONG_WITHIN = 10_000; // then it is taken for dead
const FIRST_WAIT = 500; // back-off between two tries: doubled each time, with jitter
const LONGEST_WAIT = 8_000;
const SEEN_AFTER = 250; // receipts are gathered for this long
const HTTP_AFTER = 6_000; // without a socket for this long, lines go by plain HTTP
const RETRY_AFTER = 3_000; // after a refusal that says "try again"
const SIGN_IN = 4401;
const FORBIDDEN = 4403;

/** A random UUID; crypto.randomUUID is missing on plain http addresses. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Half of a character (a lone surrogate) is no text: it could be neither sent nor kept. */
function isReadable(text) {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export class Direct extends EventTarget {
  #url;
  #api;
  #csrfToken;
  #socket = null;
  #ready = false; // "hello" was heard on this socket
  #online = null; // null until known
  #stopped = true;
  #tries = 0;
  #timers = {};
  #watched = new Map(); // conversation -> cursor
  #seenSent = new Map(); // conversation -> [delivered, opened] already said
  #outbox = new Map(); // id -> { conversation, id, body, inFlight }
  #queue = false;

  /**
   * @param {object} [options]
   * @param {string} [options.url] address of the socket; by default /ws/v1/ of this host.
   * @param {string} [options.api] address of the HTTP interface.
   * @param {() => string} [options.csrfToken] gives the token of a form of the page; without it,
   *   lines never go by HTTP.
   */
  constructor({ url, api = "/api/v1", csrfToken } = {}) {
    super();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url ?? `${scheme}//${location.host}/ws/v1/`;
    this.#api = api;
    this.#csrfToken = csrfToken;
  }

  /** True when the link is up. */
  get online() {
    return this.#online === true;
  }

  /** Number of lines that wait for their acknowledgement. */
  get pending() {
    return this.#outbox.size;
  }

  /** The last number received of a watched conversation. */
  cursor(conversation) {
    return this.#watched.get(conversation) ?? 0;
  }

  /** Open the link, and keep it open. */
  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    document.addEventListener("visibilitychange", this.#onVisible);
    addEventListener("online", this.#onNetwork);
    addEventListener("offline", this.#onNetworkLost);
    this.#connect();
  }

  /** Close the link for good. What is in the outbox stays there. */
  stop() {
    this.#stopped = true;
    document.removeEventListener("visibilitychange", this.#onVisible);
    removeEventListener("online", this.#onNetwork);
    removeEventListener("offline", this.#onNetworkLost);
    this.#clearTimers();
    this.#drop();
  }

  /** Follow a conversation after the number `cursor`, which the page shows already. */
  watch(conversation, cursor = 0) {
    this.#watched.set(conversation, cursor);
    this.#say({ t: "watch", conversation, cursor });
    this.#planSeen();
  }

  unwatch(conversation) {
    if (this.#watched.delete(conversation)) this.#say({ t: "unwatch", conversation });
    this.#seenSent.delete(conversation);
  }

  /** Be told when the queue of the professional changes. */
  watchQueue() {
    this.#queue = true;
    this.#say({ t: "queue" });
  }

  /**
   * Send a line; it is tried again until it is acknowledged or refused for good.
   * @returns {string} its id, the same for every try
   */
  send(conversation, body, id = newId()) {
    if (!isReadable(body)) {
      const message = "Votre message contient un caractère illisible. Effacez-le, puis réessayez.";
      const detail = { t: "nack", conversation, id, code: "UNREADABLE", retry: false, message };
      queueMicrotask(() => this.#tell("nack", detail));
      return id;
    }
    this.#outbox.set(id, { conversation, id, body, inFlight: false });
    this.#flush();
    this.#planHttp();
    return id;
  }

  // --- the socket

  #connect() {
    this.#clear("connect");
    if (this.#stopped || this.#socket) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#ready = false;
    this.#set("pong", PONG_WITHIN, () => this.#lost(socket)); // "hello" must come in time
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(data);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return;
      if (code === SIGN_IN || code === FORBIDDEN) this.#refused(code);
      else this.#lost(socket);
    });
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    this.#clear("pong");
    this.#planPing();
    switch (frame.t) {
      case "hello":
        this.#hello(frame);
        break;
      case "line":
        this.#line(frame);
        break;
      case "state":
        this.#tell("state", frame);
        // The service has more than what came here: ask again from our place.
        if (this.#watched.has(frame.conversation) && frame.last_seq > this.cursor(frame.conversation)) {
          this.#set("again", 1_000, () => this.#watchAgain(frame.conversation));
        }
        break;
      case "ack":
        if (this.#outbox.delete(frame.id)) this.#tell("ack", frame);
        break;
      case "nack":
        this.#nack(frame);
        break;
      case "gone":
        this.#watched.delete(frame.conversation);
        this.#tell("gone", frame);
        break;
      case "queue":
        this.#tell("queue", frame);
        break;
      default: // pong, or a frame of a later version
    }
  }

  #hello(frame) {
    if (frame.version !== VERSION) {
      this.stop();
      this.#tell("outdated", frame);
      return;
    }
    this.#ready = true;
    this.#tries = 0;
    this.#seenSent.clear();
    for (const [conversation, cursor] of this.#watched) {
      this.#say({ t: "watch", conversation, cursor });
    }
    if (this.#queue) this.#say({ t: "queue" });
    for (const entry of this.#outbox.values()) entry.inFlight = false;
    this.#flush();
    this.#planSeen();
    this.#setOnline(true);
  }

  #line(frame) {
    const cursor = this.#watched.get(frame.conversation);
    if (cursor === undefined || frame.seq <= cursor) return;
    if (frame.seq > cursor + 1) {
      this.#watchAgain(frame.conversation); // a hole: never shown
      return;
    }
    this.#watched.set(frame.conversation, frame.seq);
    this.#tell("line", frame);
    this.#planSeen();
  }

  #watchAgain(conversation) {
    const cursor = this.#watched.get(conversation);
    if (cursor !== undefined) this.#say({ t: "watch", conversation, cursor });
  }

  #nack(frame) {
    const entry = this.#outbox.get(frame.id);
    if (!entry) {
      this.#tell("nack", frame);
      return;
    }
    if (frame.retry) {
      this.#set("retry", RETRY_AFTER, () => {
        for (const held of this.#outbox.values()) held.inFlight = false;
        this.#flush();
      });
    } else {
      this.#outbox.delete(frame.id);
    }
    this.#tell("nack", frame);
  }

  /** The session is over, or this account has no live view: no new try. */
  #refused(code) {
    const unsent = this.pending > 0;
    this.stop();
    this.#setOnline(false);
    if (code === FORBIDDEN) {
      this.#tell("forbidden");
      return;
    }
    const goOn = this.dispatchEvent(new CustomEvent("signin", { cancelable: true }));
    if (goOn && !unsent) location.reload();
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#setOnline(false);
    this.#clear("ping", "pong");
    if (this.#stopped) return;
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    this.#set("connect", ceiling / 2 + (Math.random() * ceiling) / 2, () => this.#connect());
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    for (const entry of this.#outbox.values()) entry.inFlight = false;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
  }

  #say(frame) {
    if (!this.#ready || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #planPing() {
    this.#set("ping", PING_EVERY, () => this.#ping());
  }

  #ping() {
    const socket = this.#socket;
    if (!socket) return;
    this.#say({ t: "ping" });
    this.#set("pong", PONG_WITHIN, () => this.#lost(socket));
  }

  // --- lines to send

  #flush() {
    for (const entry of this.#outbox.values()) {
      if (entry.inFlight) continue;
      const { conversation, id, body } = entry;
      if (!this.#say({ t: "send", conversation, id, body })) return;
      entry.inFlight = true;
    }
  }

  #planHttp() {
    if (this.#csrfToken && !this.#timers.http) {
      this.#set("http", HTTP_AFTER, () => this.#sendByHttp());
    }
  }

  /** The socket is away: each line goes by plain HTTP, under its same id, in order. */
  async #sendByHttp() {
    for (const entry of [...this.#outbox.values()]) {
      if (this.#ready || this.#stopped) break;
      const { conversation, id, body } = entry;
      let answer, said;
      try {
        answer = await fetch(`${this.#api}/conversations/${conversation}/messages/`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": this.#csrfToken() },
          body: JSON.stringify({ id, body }),
        });
        said = await answer.json();
      } catch {
        break; // no network at all
      }
      if (!this.#outbox.has(id)) continue;
      if (answer.ok) {
        this.#outbox.delete(id);
        this.#tell("ack", { t: "ack", conversation, id, seq: said.seq, at: said.at });
      } else if (said.code) {
        this.#nack({ t: "nack", conversation, id, ...said });
        if (said.retry) break;
      } else {
        break;
      }
    }
    if (this.#outbox.size && !this.#stopped) this.#planHttp();
  }

  // --- receipts

  #planSeen() {
    if (!this.#timers.seen) this.#set("seen", SEEN_AFTER, () => this.#saySeen());
  }

  /** Tell how far this device has received, and how far the person could see. Never goes back. */
  #saySeen() {
    const visible = document.visibilityState === "visible";
    for (const [conversation, seq] of this.#watched) {
      const [delivered, opened] = this.#seenSent.get(conversation) ?? [0, 0];
      if (seq === 0 || (seq <= delivered && (!visible || seq <= opened))) continue;
      if (this.#say({ t: "seen", conversation, seq, opened: visible })) {
        this.#seenSent.set(conversation, [seq, visible ? seq : opened]);
      }
    }
  }

  // --- what the browser tells

  #onVisible = () => {
    if (document.visibilityState !== "visible") return;
    this.#saySeen();
    this.#onNetwork();
  };

  #onNetwork = () => {
    if (this.#stopped) return;
    if (this.#socket) {
      if (this.#ready) this.#ping();
      return;
    }
    this.#tries = 0;
    this.#connect();
  };

  #onNetworkLost = () => {
    if (this.#socket) this.#lost(this.#socket);
  };

  // --- small tools

  #setOnline(online) {
    if (this.#online === online) return;
    this.#online = online;
    this.#tell(online ? "online" : "offline");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #set(name, delay, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      act();
    }, delay);
  }

  #clear(...names) {
    for (const name of names) {
      clearTimeout(this.#timers[name]);
      delete this.#timers[name];
    }
  }

  #clearTimers() {
    this.#clear(...Object.keys(this.#timers));
  }
}
