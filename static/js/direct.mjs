/* The live link between a page and the service: one socket, shared by patient and professional
 * pages. No dependency. docs/protocol.md tells each frame.
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

import { Outbox } from "./direct_boite.mjs";
import { Seen, Timers, isReadable, newId, postLine } from "./direct_outils.mjs";

export { newId };

const VERSION = 1;
const PING_EVERY = 20_000; // a quiet link is asked at least this often
const PONG_WITHIN = 10_000; // then it is taken for dead
const FIRST_WAIT = 500; // back-off between two tries: doubled each time, with jitter
const LONGEST_WAIT = 8_000;
const SEEN_AFTER = 250; // receipts are gathered for this long
const SIGN_IN = 4401;
const FORBIDDEN = 4403;

export class Direct extends EventTarget {
  #url;
  #socket = null;
  #ready = false; // "hello" was heard on this socket
  #online = null; // null until known
  #stopped = true;
  #tries = 0;
  #timers = new Timers();
  #watched = new Map(); // conversation -> cursor
  #seen = new Seen();
  #outbox;
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
    this.#outbox = new Outbox({
      say: (frame) => this.#say(frame),
      tell: (frame) => this.#tell(frame.t, frame),
      away: () => !this.#ready && !this.#stopped,
      post: csrfToken && ((entry) => postLine(api, csrfToken(), entry)),
    });
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
    this.#listen("addEventListener");
    this.#connect();
  }

  /** Close the link for good. What is in the outbox stays there. */
  stop() {
    this.#stopped = true;
    this.#listen("removeEventListener");
    this.#timers.clearAll();
    this.#outbox.rest();
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
    this.#seen.forget(conversation);
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
    this.#outbox.put(conversation, id, body);
    return id;
  }

  // --- the socket

  #connect() {
    this.#timers.clear("connect");
    if (this.#stopped || this.#socket) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#ready = false;
    this.#timers.set("pong", PONG_WITHIN, () => this.#lost(socket)); // "hello" must come in time
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
    this.#timers.clear("pong");
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
          this.#timers.set("again", 1_000, () => this.#watchAgain(frame.conversation));
        }
        break;
      case "ack":
        if (this.#outbox.keep(frame.id)) this.#tell("ack", frame);
        break;
      case "nack":
        this.#outbox.refuse(frame);
        this.#tell("nack", frame);
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
    this.#seen.forgetAll();
    for (const [conversation, cursor] of this.#watched) {
      this.#say({ t: "watch", conversation, cursor });
    }
    if (this.#queue) this.#say({ t: "queue" });
    this.#outbox.release();
    this.#outbox.flush();
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
    this.#timers.clear("ping", "pong");
    if (this.#stopped) return;
    const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    this.#timers.set("connect", ceiling / 2 + (Math.random() * ceiling) / 2, () => this.#connect());
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    this.#outbox.release();
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
  }

  #say(frame) {
    if (!this.#ready || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #planPing() {
    this.#timers.set("ping", PING_EVERY, () => this.#ping());
  }

  #ping() {
    const socket = this.#socket;
    if (!socket) return;
    this.#say({ t: "ping" });
    this.#timers.set("pong", PONG_WITHIN, () => this.#lost(socket));
  }

  // --- receipts

  #planSeen() {
    if (!this.#timers.has("seen")) this.#timers.set("seen", SEEN_AFTER, () => this.#saySeen());
  }

  #saySeen() {
    for (const frame of this.#seen.due(this.#watched)) {
      if (this.#say(frame)) this.#seen.note(frame);
    }
  }

  // --- what the browser tells

  #listen(method) {
    document[method]("visibilitychange", this.#onVisible);
    window[method]("online", this.#onNetwork);
    window[method]("offline", this.#onNetworkLost);
  }

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
}
