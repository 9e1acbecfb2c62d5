/* Files in both conversations: join one with its progress, try again what failed, and show a file
 * when the antivirus has seen it. The lines themselves are drawn by the server, as cards are.
 *
 * Without this module the same form sends the file by a plain submission. */

import { newId } from "./direct_outils.mjs";
import { read } from "./lire.mjs";
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
  #id = newId(); // of the file chosen; the same for every try
  #sending = null;

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
    this.#input.addEventListener("change", () => this.#chosen());
    // The box grew or shrank as it does with the keyboard of a phone: the foot stays in sight.
    this.#box.addEventListener("toggle", () => dispatchEvent(new Event("resize")));
    addEventListener("beforeunload", (event) => {
      if (this.#sending) event.preventDefault();
    });
  }

  #chosen() {
    this.#id = newId();
    this.#button.textContent = this.#label;
    this.#say("");
  }

  async #send() {
    const [chosen] = this.#input.files;
    if (this.#sending) return;
    if (!chosen) {
      this.#say(this.#words.vide, "error");
      this.#input.focus();
      return;
    }
    this.#sending = new XMLHttpRequest();
    this.#say(this.#words.envoi);
    const file = await readyToSend(chosen, LARGEST);
    if (file.size > LARGEST) {
      this.#sending = null;
      this.#say(this.#words.lourd, "error");
      return;
    }
    this.#post(file);
  }

  #post(file) {
    const request = this.#sending;
    const form = new FormData();
    form.append("id", this.#id);
    form.append("file", file, file.name);
    let half = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.#bar.value = (100 * loaded) / total;
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
    if (request.status === 200 || request.status === 201) {
      this.#rest();
      this.#input.value = "";
      this.#chosen();
      this.#say(this.#words.parti, "valid");
      setTimeout(() => this.#unsay(this.#words.parti), SAID_FOR);
      if (this.#box.contains(document.activeElement)) this.#box.querySelector("summary").focus();
      this.#box.open = false;
      return;
    }
    if (request.status === 401 || (request.status === 403 && said?.code === "SIGN_IN")) {
      this.#failed(this.#words.session, true);
    } else if (said?.message) {
      this.#failed(said.message, said.retry);
    } else {
      this.#failed(this.#words.erreur, true);
    }
  }

  /** The file stays chosen and the text stays typed. `again`: the same file may pass. */
  #failed(sentence, again) {
    this.#rest();
    this.#say(sentence, "error");
    if (again) this.#button.textContent = this.#words.reessayer;
    else this.#id = newId();
    this.#box.open = true;
    this.#button.focus();
  }

  #rest() {
    this.#sending = null;
    this.#bar.hidden = true;
    this.#button.removeAttribute("aria-disabled");
  }

  #say(sentence, kind = "info") {
    const line = document.createElement("p");
    line.className = `fr-message fr-message--${kind}`;
    line.textContent = sentence;
    this.#messages.replaceChildren(...(sentence ? [line] : []));
    if (kind === "error") this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }

  #unsay(sentence) {
    if (this.#messages.textContent === sentence) this.#say("");
  }
}

// --- files "en analyse"

async function follow(piece) {
  const answer = await read(piece.dataset.suivi, { Accept: "application/json" });
  const said = await answer?.json().catch(() => null);
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
