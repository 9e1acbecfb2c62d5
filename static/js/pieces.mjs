/* Files in both conversations: join one with its progress, try again what failed, and show a file
 * when the antivirus has seen it. The lines themselves are drawn by the server, as cards are.
 *
 * Without this module the same form sends the file by a plain submission. */

import { newId } from "./direct_outils.mjs";
import { readJson } from "./lire.mjs";
import { readyToSend } from "./pieces_photo.mjs";

const LARGEST = 10 * 1024 * 1024;
const ASK_EVERY = 5_000; // a file "en analyse" is asked after this often
const SAID_FOR = 8_000; // how long « Le fichier est parti » stays

/** What the announcer says of a line of kind FILE. */
export function spoken(line) {
  return `un fichier joint, ${line.body.name}`;
}

// --- joining

class Joining {
  #control;
  #box;
  #form;
  #input;
  #button;
  #bar;
  #messages;
  #words;
  #label;
  #chosen = []; // { file, id }: not kept yet; the number is the same for every try of one file
  #sending = null;
  #refused = []; // why files are not kept, said until others are chosen
  #pressed = null; // the button of the form, pressed while a file was on its way
  #clicked = null; // the last button of the form: old browsers do not say which one submits
  #mayLeave = false; // the person was told that the form leaves without the file

  constructor(control) {
    this.#control = control;
    this.#box = control.querySelector("details");
    this.#form = control.closest("form");
    this.#input = control.querySelector("input[type=file]");
    this.#button = control.querySelector("[data-joindre-envoi]");
    this.#bar = control.querySelector("[data-joindre-avance]");
    this.#messages = control.querySelector("[data-joindre-messages]");
    this.#words = control.querySelector("[data-joindre-mots]").dataset;
    this.#label = this.#button.textContent;
    // The form's own button sends text: this one must never reach the form's "submit".
    this.#button.type = "button";
    this.#button.addEventListener("click", () => this.#send());
    this.#input.addEventListener("change", () => this.#choose());
    // The box grew or shrank as it does with the keyboard of a phone: the foot stays in sight.
    this.#box.addEventListener("toggle", () => dispatchEvent(new Event("resize")));
    if (this.#atOnce) {
      this.#input.removeAttribute("name"); // files go by this script alone, each under one number
      this.#form.addEventListener("submit", (event) => this.#hold(event));
      this.#form.addEventListener("click", ({ target }) => {
        this.#clicked = target.closest("[type=submit]");
      });
    }
    addEventListener("beforeunload", (event) => {
      if (this.#sending) event.preventDefault();
    });
    if (this.#input.files.length) this.#choose(); // before this script was there
  }

  /** At the door: a file goes as soon as it is chosen, and the form waits for it. */
  get #atOnce() {
    return "aussitot" in this.#control.dataset;
  }

  #choose() {
    const next = [...this.#input.files].map((file) => ({ file, id: newId() }));
    // What is on its way goes on; at the door, so does what was chosen before.
    const kept = this.#atOnce ? this.#chosen : this.#chosen.slice(0, this.#sending ? 1 : 0);
    this.#chosen = [...kept, ...next];
    this.#mayLeave = false;
    this.#button.textContent = this.#label;
    if (this.#sending) return;
    this.#refused = [];
    this.#say("");
    if (this.#atOnce && this.#chosen.length) this.#send();
  }

  /** The form of the door leaves once no file is left, or once the person knows. */
  #hold(event) {
    const button = event.submitter ?? this.#clicked;
    if (!this.#sending) {
      if (button?.name) return; // « Retirer » waits for nothing
      if (this.#mayLeave) this.#chosen.shift(); // the one that was told to stay behind
      this.#mayLeave = false;
      if (!this.#chosen.length) return;
    }
    event.preventDefault();
    if (button) this.#pressed = { name: button.name, value: button.value };
    if (this.#sending) this.#say(this.#words.attente);
    else this.#send();
  }

  /** The list of files may have been drawn anew meanwhile: the button is found again. */
  #press() {
    const pressed = this.#pressed;
    this.#pressed = null;
    if (!pressed) return;
    const found = [...this.#form.querySelectorAll("[type=submit]")].find(
      (button) => button.name === pressed.name && button.value === pressed.value,
    );
    found?.click();
  }

  async #send() {
    if (this.#sending) return;
    if (!this.#chosen.length) {
      this.#say(this.#words.vide, "error");
      this.#input.focus();
      return;
    }
    const [{ file, id }] = this.#chosen;
    this.#sending = new XMLHttpRequest();
    this.#say(this.#words.envoi);
    const ready = await readyToSend(file, LARGEST).catch(() => file);
    if (ready.size > LARGEST) this.#failed(this.#words.lourd, false);
    else this.#post(ready, id);
  }

  #post(file, id) {
    const request = this.#sending;
    const form = new FormData();
    form.append("id", id);
    form.append("file", file, file.name);
    const draft = this.#form.elements.brouillon;
    if (draft) form.append("brouillon", draft.value);
    let half = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.#bar.value = (100 * loaded) / total;
      if (this.#pressed) return; // what waits for it was said
      if (loaded === total) this.#say(this.#words.verification);
      else if (!half && loaded > total / 2) this.#say(this.#words.moitie);
      half ||= loaded > total / 2;
    });
    request.addEventListener("load", () => this.#answered(request));
    for (const name of ["error", "abort", "timeout"]) {
      request.addEventListener(name, () => this.#failed(this.#words.coupe, true));
    }
    request.open("POST", this.#control.dataset.joindre);
    request.timeout = 180_000;
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", this.#form.elements.csrfmiddlewaretoken.value);
    request.setRequestHeader("Accept", "application/json");
    this.#bar.value = 0;
    this.#bar.hidden = false;
    this.#button.setAttribute("aria-disabled", "true");
    request.send(form);
  }

  #answered(request) {
    const said = request.response;
    // A portal answers 200 to everything: only the number of the file says that it is kept.
    if ((request.status === 200 || request.status === 201) && said?.attachment) {
      this.#kept(said);
    } else if (request.status === 401) {
      this.#failed(this.#words.session, true);
    } else if (said?.message) {
      this.#failed(said.message, said.retry);
    } else {
      this.#failed(this.#words.erreur, true);
    }
  }

  #kept(said) {
    this.#rest();
    this.#chosen.shift();
    this.#button.textContent = this.#label;
    this.#control.dispatchEvent(new CustomEvent("joint", { bubbles: true, detail: said }));
    if (this.#chosen.length && this.#atOnce) this.#send();
    else this.#ended(this.#words.parti, "valid");
  }

  /** Nothing is on its way any more. */
  #ended(sentence = "", kind = "error") {
    if (!this.#chosen.length) this.#input.value = ""; // else another one waits for its own press
    const held = this.#pressed && this.#refused.length; // it does not leave without a word
    if (held) this.#pressed = null;
    if (held) this.#say(this.#words.sans, "error");
    else this.#say(sentence, kind);
    if (!this.#refused.length && !this.#chosen.length) {
      setTimeout(() => this.#unsay(sentence), SAID_FOR);
      if (this.#box.contains(document.activeElement)) this.#box.querySelector("summary").focus();
      this.#box.open = false;
    }
    this.#press();
  }

  /** The text stays typed. `again`: the same file may pass, and stays chosen. */
  #failed(sentence, again) {
    this.#rest();
    const { file } = this.#chosen[0];
    // Who writes meanwhile goes on writing.
    const near = this.#box.contains(document.activeElement) || document.activeElement === document.body;
    if (again || !this.#atOnce) {
      if (again) this.#button.textContent = this.#words.reessayer;
      else this.#button.textContent = this.#label;
      // Refused for good, it stays chosen alone, and another try is another sending.
      if (!again && this.#chosen.length > 1) this.#chosen.shift();
      else if (!again) this.#chosen = [{ file, id: newId() }];
      this.#mayLeave = this.#pressed !== null;
      this.#say(this.#pressed ? `${sentence} ${this.#words.sans}` : sentence, "error");
      if (near || this.#pressed) this.#button.focus();
      this.#pressed = null;
      this.#box.open = true;
      return;
    }
    this.#button.textContent = this.#label;
    this.#chosen.shift();
    this.#refused.push(`${file.name}\u00a0: ${sentence}`);
    this.#box.open = true;
    if (this.#chosen.length) this.#send();
    else {
      if (near) this.#input.focus();
      this.#ended();
    }
  }

  #rest() {
    this.#sending = null;
    this.#bar.hidden = true;
    this.#button.removeAttribute("aria-disabled");
  }

  #say(sentence, kind = "info") {
    const lines = this.#refused.map((why) => ["error", why]);
    if (sentence) lines.push([kind, sentence]);
    this.#messages.replaceChildren(
      ...lines.map(([of, text]) => {
        const line = document.createElement("p");
        line.className = `fr-message fr-message--${of}`;
        line.textContent = text;
        return line;
      }),
    );
    const wrong = lines.some(([of]) => of === "error");
    if (wrong) this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }

  #unsay(sentence) {
    if (this.#messages.textContent === sentence) this.#say("");
  }
}

// --- files "en analyse"

async function follow(piece) {
  const said = await readJson(piece.dataset.suivi);
  if (said && said.state !== piece.dataset.etat) show(piece, said.state); // else the next turn asks
}

function show(piece, state) {
  piece.dataset.etat = state;
  if (state !== "PRET") {
    // Refused or erased: a line of the service says it; the link never comes.
    for (const part of piece.querySelectorAll("span[data-piece-attente]")) part.hidden = true;
    return;
  }
  const image = piece.querySelector("img[data-src]");
  image.src = image.dataset.src;
  piece.querySelector("[data-piece-lien]").hidden = false;
  for (const part of piece.querySelectorAll("[data-piece-attente]")) part.hidden = true;
}

setInterval(() => {
  if (document.visibilityState !== "visible") return;
  for (const piece of document.querySelectorAll('[data-piece][data-etat="EN_ANALYSE"]')) follow(piece);
}, ASK_EVERY);

for (const control of document.querySelectorAll("[data-joindre]")) new Joining(control);
