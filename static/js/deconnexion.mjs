/* The page of *Se déconnecter*: says when a message has not left, then leaves nothing here. */

import { waitingLines } from "./coffre.mjs";
import { leave } from "./saisie.mjs";

document.querySelector("[data-attend]").hidden = waitingLines() === 0;
document.querySelector("main form").addEventListener("submit", leave);
