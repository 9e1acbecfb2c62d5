/* The door: helps that the page does without. A filter above a long list of communes, a counter
 * of characters, « Aucun de ces signes » that unticks the others, and the list of files, drawn anew
 * by the server when one more is kept. */

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const list of document.querySelectorAll("[data-filtrable]")) {
  const block = list.querySelector("[data-filtre]");
  if (!block) continue;
  const field = block.querySelector("input");
  const count = block.querySelector("[data-filtre-compte]");
  const rows = [...list.querySelectorAll("[data-lieu]")];
  block.hidden = false;
  field.addEventListener("input", () => {
    const wanted = fold(field.value.trim());
    let shown = 0;
    for (const row of rows) {
      const keep = fold(row.textContent).includes(wanted) || row.querySelector("input").checked;
      row.hidden = !keep;
      shown += keep;
    }
    count.textContent = wanted ? `${shown} sur ${rows.length}` : "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // the list is chosen, not the search sent
  });
}

for (const field of document.querySelectorAll("[data-compteur]")) {
  const limit = Number(field.dataset.compteur);
  const said = document.createElement("p");
  said.className = "ms-compteur";
  said.setAttribute("aria-live", "polite");
  field.after(said);
  const count = () => {
    const left = limit - [...field.value].length;
    said.classList.toggle("ms-compteur--trop", left < 0);
    // Said only near the end: a counter that speaks at each key is noise.
    said.textContent =
      left < 0
        ? `${(-left).toLocaleString("fr-FR")} caractères de trop`
        : left <= 500
          ? `Il reste ${left.toLocaleString("fr-FR")} caractères`
          : "";
  };
  field.addEventListener("input", count);
  count();
}

const none = document.getElementById("q-AUCUN");
if (none) {
  const others = [...document.querySelectorAll('input[name="signe"]')].filter((box) => box !== none);
  none.addEventListener("change", () => {
    if (none.checked) for (const box of others) box.checked = false;
  });
  for (const box of others) {
    box.addEventListener("change", () => {
      if (box.checked) none.checked = false;
    });
  }
}

addEventListener("joint", ({ target, detail }) => {
  const list = document.querySelector("[data-fichiers]");
  if (!list) return;
  const drawn = new DOMParser().parseFromString(detail.html, "text/html");
  const focused = list.contains(document.activeElement) ? document.activeElement.value : "";
  list.replaceChildren(...drawn.body.childNodes);
  if (focused) list.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
  const full = list.querySelector("[data-fichiers-pleins]");
  if (!full) return;
  const box = target.querySelector("details");
  const held = box.contains(document.activeElement);
  box.hidden = true; // what the control says of the last file stays
  if (held) full.focus();
});
