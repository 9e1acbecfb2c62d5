/* One socket, opened again when it is lost: the part of the live link that knows no conversation.
 * It hears when the browser loses the network, and asks a quiet link whether it is still there. */

import { Timers, backOff } from "./direct_outils.mjs";

const PING_EVERY = 20_000; // a quiet link is asked at least this often
const PONG_WITHIN = 10_000; // then it is taken for dead
const WAKE_AFTER = 5_000; // somebody is at work here: a link quiet for this long is asked at once,
const WAKE_WITHIN = 5_000; // and must answer sooner
const WAITS = { first: 500, longest: 8_000 };
const TRY_LATER = 1013; // the service has too much to do: the first wait is longer
const TRIES_OF_LATER = 3;
const REFUSALS = { first: 4400, last: 4499 }; // no new try

export class Link {
  #url;
  #owner;
  #socket = null;
  #ready = false; // "hello" was heard on this socket, and accepted
  #stopped = true;
  #tries = 0;
  #heard = 0; // when the last frame came
  #timers = new Timers();

  /**
   * @param {string} url
   * @param {object} owner
   * @param {(frame: object) => void} owner.heard a frame came, "hello" first
   * @param {() => void} owner.lost the link is known to be down
   * @param {(code: number) => void} owner.refused the service wants no new try
   */
  constructor(url, owner) {
    this.#url = url;
    this.#owner = owner;
  }

  /** Whether frames can be said. */
  get ready() {
    return this.#ready;
  }

  get stopped() {
    return this.#stopped;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.#onNetworkLost);
    this.#connect();
  }

  /** Close for good. */
  stop() {
    this.#stopped = true;
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.#onNetworkLost);
    this.#timers.clearAll();
    this.#drop();
  }

  /** The "hello" suits: frames may be said. */
  accept() {
    this.#ready = true;
    this.#tries = 0;
  }

  /** Say a frame; false when there is no link. */
  say(frame) {
    if (!this.#ready || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Somebody is at work on this page, or the network is back: is the link there? */
  wake = () => {
    if (this.#stopped) return;
    if (!this.#socket) {
      this.#tries = 0;
      this.#connect();
    } else if (this.#ready && Date.now() - this.#heard > WAKE_AFTER) {
      this.#ask(WAKE_WITHIN);
    }
  };

  #connect() {
    this.#timers.clear("connect");
    if (this.#stopped || this.#socket) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#timers.set("pong", PONG_WITHIN, () => this.#lost(socket)); // "hello" must come in time
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(data);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) this.#closed(socket, code);
    });
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    this.#heard = Date.now();
    this.#timers.clear("pong");
    this.#timers.set("ping", PING_EVERY, () => this.#ask(PONG_WITHIN));
    this.#owner.heard(frame);
  }

  #ask(within) {
    const socket = this.#socket;
    if (!this.say({ t: "ping" }) || this.#timers.has("pong")) return;
    this.#timers.set("pong", within, () => this.#lost(socket));
  }

  #closed(socket, code) {
    if (code >= REFUSALS.first && code <= REFUSALS.last) {
      this.stop();
      this.#owner.refused(code);
      return;
    }
    if (code === TRY_LATER) this.#tries = Math.max(this.#tries, TRIES_OF_LATER);
    this.#lost(socket);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#timers.clear("ping", "pong");
    if (this.#stopped) return;
    this.#timers.set("connect", backOff(this.#tries, WAITS), () => this.#connect());
    this.#tries += 1;
    this.#owner.lost();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#ready = false;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
  }

  #onNetworkLost = () => {
    if (this.#socket) this.#lost(this.#socket);
  };
}
