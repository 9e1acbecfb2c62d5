/* The administration's forms: names for what Django draws without one (search lists, cells of a
 * table of rows), so that a screen reader says them. The pages work without it. */

const watched = new WeakSet();

/** A cell is named by the heading of its column. */
function nameCell(field) {
  if (field.labels?.length || field.ariaLabel) return;
  const cell = field.closest("td");
  const column = [...cell.classList].find((name) => name.startsWith("field-"))?.slice(6);
  const heading = column && cell.closest("table").querySelector(`thead .column-${column}`);
  field.ariaLabel = heading ? heading.textContent.trim() : "Retirer cette ligne";
}

function nameSearchList(select) {
  const shown = select.nextElementSibling?.querySelector(".select2-selection__rendered");
  if (!shown || watched.has(shown)) return;
  watched.add(shown);
  const label = select.ariaLabel ?? select.labels[0]?.textContent ?? "";
  const name = label.replace(/\s*:?\s*$/, "").trim();
  const say = () => {
    shown.ariaLabel = [name, shown.title].filter(Boolean).join(" : ");
  };
  new MutationObserver(say).observe(shown, { attributes: true, attributeFilter: ["title"] });
  say();
}

function nameAll() {
  document.querySelectorAll(".tabular td :is(input:not([type=hidden]), select)").forEach(nameCell);
  document.querySelectorAll("select.select2-hidden-accessible").forEach(nameSearchList);
}

// Django draws its lists when it likes, and again in each row that is added.
nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
