/* What this device keeps for a page: lines not acknowledged, and the text half typed.
 *
 * Each is sealed (AES-256-GCM) under a key that the page gets from the service and never stores: it
 * is rendered for a live session of the account, one key a day (comptes/outbox_key.py). What stands
 * in the storage is: whose, since when, which open page holds it, and a sealed blob. It is dropped
 * when it is acknowledged or taken back, at logout, when another account opens a page, after a day.
 *
 * Each open page holds a browser lock of its own name. Its lines and its text belong to it until
 * that lock is free: the page is closed, reloaded or killed. One other page takes them over then,
 * so two pages never send the same line, and nothing waits for a page that does not come back.
 *
 * Needs WebCrypto and Web Locks, which browsers give to https and to this very machine only.
 * Without them `openVault` gives null, and everything stays in the memory of the page. */

const MARK = "ms.";
const LIFE = 24 * 60 * 60 * 1000;
const PAD_TO = 256; // a length tells little
const LINE = "ligne";
const TEXT = "texte";

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
// One by one: a very long text has more bytes than a function takes arguments.
const textOf = (bytes) => btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));

function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // closed by the person
  }
}

function ours() {
  const held = storage();
  return held ? Object.keys(held).filter((name) => name.startsWith(MARK)) : [];
}

/** Drop everything: nothing of nobody stays on the device. */
export function wipe() {
  for (const name of ours()) storage().removeItem(name);
}

/** How many lines of this device wait, whoever wrote them. */
export function waitingLines() {
  return ours().filter((name) => name.split(".")[2] === LINE).length;
}

/**
 * @param {object} page what the page was rendered with
 * @param {string} page.account opaque name of the account
 * @param {string} page.keys "<day>:<key>", the newest first, parted by spaces
 * @returns {Promise<Vault|null>}
 */
export async function openVault({ account, keys }) {
  if (!account || !keys || !storage() || !crypto.subtle || !navigator.locks) return null;
  try {
    const days = new Map();
    for (const one of keys.split(" ")) {
      const [day, key] = one.split(":");
      days.set(day, await crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["encrypt", "decrypt"]));
    }
    const vault = new Vault(account, days);
    await vault.begin();
    return vault;
  } catch {
    return null; // the memory of the page does
  }
}

class Vault {
  #account;
  #days; // day -> key, the newest first
  #me = crypto.randomUUID(); // name of this page
  #watched = new Set(); // names of other pages
  #last = Promise.resolve(); // what is kept is written in order
  #unwritten = new Map(); // name -> the newest content, when several wait
  #closed = false;
  #found = () => {};

  /** Lines of this account that were too old and were dropped. */
  expired = 0;

  constructor(account, days) {
    this.#account = account;
    this.#days = days;
  }

  async begin() {
    this.#dropOld();
    await new Promise((held) => {
      navigator.locks.request(MARK + this.#me, () => {
        held();
        return new Promise(() => {}); // as long as the page lives
      });
    });
    addEventListener("storage", ({ key, newValue }) => {
      if (newValue && this.#isMine(key)) this.#watchOwner(JSON.parse(newValue).page);
    });
  }

  /** Nothing is written any more: the session of this page is over. */
  close() {
    this.#closed = true;
  }

  /** Once everything said so far is written. */
  settled() {
    return this.#last;
  }

  put({ conversation, id, body, refused }) {
    this.#write(LINE, id, { conversation, body, refused });
  }

  drop(id) {
    this.#write(LINE, id, null);
  }

  /** The text half typed on this page; "" when there is none any more. */
  putText(conversation, text) {
    this.#write(TEXT, this.#me, text ? { conversation, text } : null);
  }

  /**
   * Take over what pages that are gone have left, now and as they go. Lines of any conversation;
   * texts only when `wants(conversation)`.
   * @param {object} to
   * @param {(entry: object) => void} to.line
   * @param {(content: { conversation: string, text: string }) => void} to.text
   * @param {(conversation: string) => boolean} to.wants
   */
  takeOver(to) {
    this.#found = async (name) => {
      const [, , kind, id] = name.split(".");
      const raw = storage().getItem(name);
      const content = raw && (await this.#open(name, JSON.parse(raw)));
      if (!content) storage().removeItem(name);
      else if (kind === LINE) to.line({ id, ...content });
      else if (to.wants(content.conversation)) {
        to.text(content);
        this.#last = this.#last.then(() => storage().removeItem(name)); // written anew before
      }
    };
    for (const name of this.#mine()) {
      const { page } = JSON.parse(storage().getItem(name));
      if (page !== this.#me) this.#watchOwner(page);
    }
  }

  // --- the storage

  #name(kind, id) {
    return `${MARK}${this.#account}.${kind}.${id}`;
  }

  #isMine(name) {
    return name?.startsWith(`${MARK}${this.#account}.`);
  }

  /** The names of this account, the oldest first. */
  #mine() {
    const since = (name) => JSON.parse(storage().getItem(name)).at;
    return ours()
      .filter((name) => this.#isMine(name))
      .sort((one, other) => since(one) - since(other));
  }

  #dropOld() {
    for (const name of ours()) {
      let kept = null;
      try {
        kept = JSON.parse(storage().getItem(name));
      } catch {
        // not ours
      }
      const fresh = kept && Date.now() - kept.at < LIFE && this.#days.has(kept.day);
      if (this.#isMine(name) && fresh) continue;
      if (this.#isMine(name) && name.includes(`.${LINE}.`)) this.expired += 1;
      storage().removeItem(name);
    }
  }

  #write(kind, id, content) {
    const name = this.#name(kind, id);
    const waits = this.#unwritten.has(name);
    this.#unwritten.set(name, content);
    if (waits) return;
    this.#last = this.#last.then(async () => {
      const newest = this.#unwritten.get(name);
      this.#unwritten.delete(name);
      try {
        const sealed = newest && JSON.stringify(await this.#seal(name, newest));
        if (this.#closed) return;
        if (sealed) storage().setItem(name, sealed);
        else storage().removeItem(name);
      } catch {
        // no room: the memory of the page has it
      }
    });
  }

  // --- sealing

  async #seal(name, content) {
    const [day, key] = this.#days.entries().next().value;
    const before = storage().getItem(name);
    const at = before ? JSON.parse(before).at : Date.now();
    const raw = new TextEncoder().encode(JSON.stringify(content));
    const padded = new Uint8Array(Math.ceil(raw.length / PAD_TO) * PAD_TO).fill(32); // spaces
    padded.set(raw);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const blob = await crypto.subtle.encrypt(this.#bound(name, at, iv), key, padded);
    return { page: this.#me, at, day, iv: textOf(iv), blob: textOf(blob) };
  }

  /** null when it is not ours to read, or was altered. */
  async #open(name, { at, day, iv, blob }) {
    try {
      const how = this.#bound(name, at, bytesOf(iv));
      const raw = await crypto.subtle.decrypt(how, this.#days.get(day), bytesOf(blob));
      return JSON.parse(new TextDecoder().decode(raw));
    } catch {
      return null;
    }
  }

  #bound(name, at, iv) {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${name} ${at}`) };
  }

  // --- other pages

  /** Once that page is gone, what it held is for this one, unless another was first. */
  #watchOwner(page) {
    if (page === this.#me || this.#watched.has(page)) return;
    this.#watched.add(page);
    navigator.locks.request(MARK + page, async () => {
      for (const name of this.#mine()) {
        const kept = JSON.parse(storage().getItem(name));
        if (kept.page !== page || this.#closed) continue;
        if (name.includes(`.${LINE}.`)) {
          storage().setItem(name, JSON.stringify({ ...kept, page: this.#me }));
        }
        await this.#found(name);
      }
    });
  }
}
