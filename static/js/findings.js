// Findings by keyboard: j and k go to the next and the previous one, x chooses one for a waiver. Enter is the link's own.
// Rows are looked up at each press, so that parts of the page may be replaced.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!["j", "k", "x"].includes(event.key)) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog")) return;
  const rows = [...document.querySelectorAll("[data-finding]")];
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "x") {
    const box = rows[here]?.querySelector("input[type=checkbox]");
    if (!box) return;
    event.preventDefault();
    box.click();
    return;
  }
  if (rows.length) {
    const next = here < 0 ? (event.key === "j" ? 0 : rows.length - 1) : here + (event.key === "j" ? 1 : -1);
    const link = rows[next]?.querySelector(".finding-message");
    if (!link) return;
    event.preventDefault();
    link.focus();
    link.scrollIntoView({ block: "nearest" });
    return;
  }
  // The page of one finding: its neighbours in the list.
  const link = document.querySelector(event.key === "j" ? "main a[rel=next]" : "main a[rel=prev]");
  if (!link) return;
  event.preventDefault();
  link.click();
});
