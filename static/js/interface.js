// Small comforts on every page. Each page works without this file.

const root = document.documentElement;
root.dataset.scripted = "";

// Theme: at once here, kept by the server for the next page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-choice]") || !event.submitter) return;
  event.preventDefault();
  const choice = event.submitter.value;
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  for (const button of document.querySelectorAll("[data-theme-choice] button")) {
    button.setAttribute("aria-pressed", String(button.value === choice));
  }
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual", keepalive: true }).catch(() => {});
  document.dispatchEvent(new CustomEvent("plumbline:theme"));
});

// "/" goes to the search field that is on screen; Escape leaves it or closes a menu.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.target.matches?.("[data-search]")) {
      event.target.blur();
    }
    return;
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = [...document.querySelectorAll("[data-search]")].find((one) => one.checkVisibility());
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Copy buttons name the element whose text they copy.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = label), 1800);
});

// A fragment that could not be had says so where the reader is, and leaves the page as it was.
function toast(text) {
  const note = document.createElement("div");
  note.className = "note note-error";
  const line = document.createElement("p");
  line.textContent = text;
  note.append(document.createElement("span"), line);
  const toasts = document.getElementById("toasts");
  toasts.replaceChildren(note);
  setTimeout(() => note.remove(), 8000);
}

// What refreshes itself does so while somebody can see it.
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.matches?.("[data-live]")) event.preventDefault();
});

document.addEventListener("htmx:before:response", (event) => {
  const { raw } = event.detail.ctx.response;
  // The session ended: the sign-in page must not land inside a table.
  if (raw.status === 401 || (raw.redirected && new URL(raw.url).pathname.startsWith("/accounts/"))) {
    event.preventDefault();
    location.reload();
  }
});
document.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  toast(status === 429 ? "Too many requests. Wait a moment and try again." : `The server could not answer (${status}). Try again, or reload the page.`);
});
document.addEventListener("htmx:error", () => toast("No connection to the server. Nothing was changed."));

// A link or button with data-dialog opens that dialog. Without a script the link leads to a page with the same form.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  // A click beside a dialog, or on something that closes it.
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  else if (event.target.matches("dialog.dialog[open]")) event.target.close();
});
