/* The live link between a page and the service: one socket, shared by patient and professional
 * pages. No dependency. docs/protocol.md tells each frame.
 *
 * Events (detail = the frame unless said):
 *   line       a line of a watched conversation, once each and in order
 *   state      state, outcome and receipts of a watched conversation
 *   ack        a line sent from here is kept: { conversation, id, seq, at }
 *   nack       a line, or a watch, is refused: { conversation, id?, code, retry, message }; when
 *              `retry` is true the line stays in the outbox and is tried again; else it is set
 *              aside, until `retry(id)` or `forget(id)`
 *   typing     the other side of a watched conversation is writing: { conversation, side }
 *   gone       a watched conversation is no longer visible to this account
 *   queue      the queue of the professional changed: fetch it again
 *   online, offline   the link is up, or is known to be down (no detail)
 *   slow       there is no link, but plain HTTP passes: lines go and come, later (no detail)
 *   signin     the session is over; cancelable. By default the page is loaded again, and the
 *              server leads to the sign-in page; not while an unsent line would be lost
 *   stale      the service was restored: the numbers of this page mean nothing; load it again
 *   stranger   the browser is signed in as somebody else: nothing leaves from this page any more
 *   forbidden, outdated   this account has no live view; this page is older than the service
 */

import { Outbox } from "./direct_boite.mjs";
import { Reading } from "./direct_lecture.mjs";
import { Link } from "./direct_lien.mjs";
import { Seen, Timers, refusalOf, newId, postLine, readLines } from "./direct_outils.mjs";

export { newId };

const VERSION = 1;
const SEEN_EVERY = 250; // the first receipt goes at once; those that come within this long, together
const TYPING_EVERY = 2_200; // the service passes one on every two seconds
const SIGN_IN = 4401;
const FORBIDDEN = 4403;

export class Direct extends EventTarget {
  #link;
  #online = null; // null until known
  #timers = new Timers();
  #watched = new Map(); // conversation -> cursor
  #seen = new Seen();
  #outbox;
  #reading;
  #left = false; // told that one must sign in
  #queue = false;
  #epoch;
  #account;
  #tellsTyping = false; // a service that says its epoch knows the frame "typing"
  #typed = null; // the conversation where something was typed since the last "typing"
  #store;

  /**
   * @param {object} [options]
   * @param {string} [options.url] address of the socket; by default /ws/v1/ of this host.
   * @param {string} [options.api] address of the HTTP interface.
   * @param {() => string} [options.csrfToken] gives the token of a form of the page; without it,
   *   lines neither go nor come by HTTP.
   * @param {string} [options.epoch] the epoch of the numbers of this page; any, when it is unknown
   * @param {string} [options.account] opaque name of the account of this page
   * @param {{ put(entry): void, drop(id): void }|null} [options.store] keeps unsent lines
   */
  constructor({ url, api = "/api/v1", csrfToken, epoch = "", account = "", store = null } = {}) {
    super();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#link = new Link(url ?? `${scheme}//${location.host}/ws/v1/`, {
      heard: (frame) => this.#receive(frame),
      lost: () => this.#lost(),
      refused: (code) => this.#refused(code),
    });
    this.#epoch = epoch;
    this.#account = account;
    this.#store = store;
    this.#outbox = new Outbox({
      say: (frame) => this.#sayLine(frame),
      tell: (frame) => this.#answered(frame),
      away: () => this.#away,
      post: csrfToken && ((entry) => postLine(api, csrfToken(), entry)),
      store,
    });
    this.#reading = new Reading({
      away: () => this.#away && Boolean(csrfToken?.()),
      cursors: this.#watched,
      read: (place) => readLines(api, csrfToken(), { ...place, epoch }),
      hear: (frame) => (frame.t === "signin" ? this.#leave() : this.#receive(frame)),
      tell: (passes) => this.#tell(passes ? "slow" : "offline"),
    });
  }

  /** True when the link is up. */
  get online() {
    return this.#online === true;
  }

  /** Whether the socket is away, for now. */
  get #away() {
    return !this.#link.ready && !this.#link.stopped;
  }

  /** Number of lines that wait for their acknowledgement. */
  get pending() {
    return this.#outbox.size;
  }

  /** Number of waiting lines that would be lost with this page. */
  get atRisk() {
    return this.#store ? 0 : this.#outbox.size;
  }

  /** The last number received of a watched conversation. */
  cursor(conversation) {
    return this.#watched.get(conversation) ?? 0;
  }

  /** Open the link, and keep it open. */
  start() {
    document.addEventListener("visibilitychange", this.#onVisible);
    window.addEventListener("pagehide", this.#onLeaving);
    this.#link.start();
  }

  /** Close the link for good. What is in the outbox stays there. */
  stop() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    window.removeEventListener("pagehide", this.#onLeaving);
    this.#timers.clearAll();
    this.#outbox.rest();
    this.#reading.rest();
    this.#link.stop();
  }

  /** Follow a conversation after the number `cursor`, which the page shows already. */
  watch(conversation, cursor = 0) {
    this.#watched.set(conversation, cursor);
    this.#watchAgain(conversation);
    this.#planSeen();
  }

  unwatch(conversation) {
    if (this.#watched.delete(conversation)) this.#link.say({ t: "unwatch", conversation });
    this.#seen.forget(conversation);
  }

  /** Be told when the queue of the professional changes. */
  watchQueue() {
    this.#queue = true;
    this.#link.say({ t: "queue" });
  }

  /**
   * Send a line; it is tried again until it is acknowledged or refused for good.
   * @returns {string} its id, the same for every try
   */
  send(conversation, body, id = newId()) {
    const refusal = refusalOf(body);
    if (refusal) {
      const detail = { t: "nack", conversation, id, retry: false, ...refusal };
      queueMicrotask(() => this.#tell("nack", detail));
      return id;
    }
    this.#typed = null;
    this.#outbox.put(conversation, id, body);
    return id;
  }

  /** A line that another page of this account left behind: { conversation, id, body, refused? }. */
  restore(entry) {
    this.#outbox.restore(entry);
  }

  /** Send a refused line again; its id, which may be another one. */
  retry(id) {
    return this.#outbox.retry(id);
  }

  /** A refused line was taken back, or a line is known to be kept. */
  forget(id) {
    this.#outbox.forget(id);
  }

  /** The person is typing here. */
  typing(conversation) {
    this.#link.wake();
    if (!this.#tellsTyping) return;
    this.#typed = conversation;
    if (!this.#timers.has("typing")) this.#sayTyping();
  }

  /** Now, and once more after the pause for what is typed during it. */
  #sayTyping() {
    if (!this.#typed || !this.#link.say({ t: "typing", conversation: this.#typed })) return;
    this.#typed = null;
    this.#timers.set("typing", TYPING_EVERY, () => this.#sayTyping());
  }

  // --- frames

  #receive(frame) {
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
        if (frame.last_seq > (this.#watched.get(frame.conversation) ?? Infinity)) {
          this.#timers.set("again", 1_000, () => this.#watchAgain(frame.conversation));
        }
        break;
      case "ack":
        if (this.#outbox.keep(frame.id)) this.#tell("ack", frame);
        break;
      case "nack":
        if (frame.code === "OTHER_EPOCH") {
          this.#giveUp("stale");
          break;
        }
        this.#outbox.refuse(frame);
        this.#tell("nack", frame);
        break;
      case "gone":
        this.#watched.delete(frame.conversation);
        this.#tell("gone", frame);
        break;
      case "typing":
      case "queue":
        this.#tell(frame.t, frame);
        break;
      default: // pong, or a frame of a later version
    }
  }

  #hello({ version, epoch, account }) {
    if (version !== VERSION) return this.#giveUp("outdated");
    if (this.#account && account && account !== this.#account) return this.#giveUp("stranger");
    if (this.#epoch && epoch && epoch !== this.#epoch) return this.#giveUp("stale");
    this.#tellsTyping = Boolean(epoch);
    this.#link.accept();
    this.#reading.rest();
    this.#seen.forgetAll();
    for (const conversation of this.#watched.keys()) this.#watchAgain(conversation);
    if (this.#queue) this.#link.say({ t: "queue" });
    this.#outbox.release();
    this.#saySeen();
    this.#outbox.flush();
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
    this.#outbox.keep(frame.id); // a line that came back is kept, whatever became of its answer
    this.#tell("line", frame);
    this.#planSeen();
  }

  #watchAgain(conversation) {
    const cursor = this.#watched.get(conversation);
    if (cursor === undefined) return;
    const frame = { t: "watch", conversation, cursor };
    // Said by a page that knows it to a service that knows the word.
    if (this.#epoch && this.#tellsTyping) frame.epoch = this.#epoch;
    this.#link.say(frame);
  }

  #sayLine(frame) {
    const said = this.#link.say(frame);
    if (said) this.#link.wake(); // nobody waits for half a minute to learn that the link is dead
    return said;
  }

  // --- the link

  #lost() {
    this.#outbox.release();
    this.#setOnline(false);
    this.#reading.start();
  }

  /** A line that went by HTTP was answered. */
  #answered(frame) {
    if (frame.t === "signin") return this.#leave();
    this.#tell(frame.t, frame);
    if (frame.t === "ack") this.#reading.passed();
  }

  /** The service wants no new try: the session is over, or this account has no live view. */
  #refused(code) {
    if (code === SIGN_IN) this.#leave();
    else this.#giveUp(code === FORBIDDEN ? "forbidden" : "outdated");
  }

  #leave() {
    if (this.#left) return;
    this.#left = true;
    const atRisk = this.atRisk > 0;
    this.stop();
    this.#setOnline(false);
    const goOn = this.dispatchEvent(new CustomEvent("signin", { cancelable: true }));
    if (goOn && !atRisk) location.reload();
  }

  #giveUp(type) {
    this.stop();
    this.#setOnline(false);
    this.#tell(type);
  }

  // --- receipts

  #planSeen() {
    if (this.#timers.has("seen")) return;
    this.#saySeen();
    this.#timers.set("seen", SEEN_EVERY, () => this.#saySeen());
  }

  #saySeen() {
    for (const frame of this.#seen.due(this.#watched)) {
      if (this.#link.say(frame)) this.#seen.note(frame);
    }
  }

  /** The page is left: what was before the person's eyes was seen. */
  #onLeaving = () => this.#saySeen();

  #onVisible = () => {
    if (document.visibilityState !== "visible") return;
    this.#saySeen();
    this.#link.wake();
    this.#reading.looked();
  };

  #setOnline(online) {
    if (this.#online === online) return;
    this.#online = online;
    this.#tell(online ? "online" : "offline");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
