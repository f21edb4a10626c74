// Links and forms with data-dialog-part open the named part of the page that they lead to in a dialog. A form in it is
// answered with the same part, errors and all, or with the address to go to. Without this file links and forms lead to the
// page itself.

const dialog = document.getElementById("dialog");

async function ask(address, part, options = {}) {
  const headers = { "HX-Request": "true", "HX-Target": `form#${part}` };
  const answer = await fetch(address, { ...options, headers, credentials: "same-origin" });
  const next = answer.headers.get("HX-Redirect");
  if (next) {
    location.assign(next);
    return null;
  }
  const text = await answer.text();
  if (!answer.headers.get("Content-Type")?.startsWith("text/html") || text.includes("<html")) throw new Error("not a part");
  return text;
}

async function open(address, part) {
  try {
    const text = await ask(address, part);
    if (text === null) return;
    dialog.innerHTML = text;
    dialog.dataset.part = part;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus]")?.focus();
  } catch {
    location.assign(address);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog-part]");
  if (!dialog || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link.href, link.dataset.dialogPart);
});

dialog?.addEventListener("click", (event) => {
  // Inside the dialog "Cancel" closes it; on a page of its own the same link leads back.
  if (event.target.closest("a[data-close]")) event.preventDefault();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!dialog) return;
  if (form.matches("[data-dialog-part]")) {
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    open(`${form.action}?${fields}`, form.dataset.dialogPart);
  } else if (dialog.contains(form)) {
    event.preventDefault();
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    const body = new FormData(form, event.submitter);
    if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
    try {
      const text = await ask(form.action, dialog.dataset.part, { method: "POST", body });
      if (text === null) return;
      dialog.innerHTML = text;
      (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]"))?.focus();
    } catch {
      for (const button of form.querySelectorAll("button")) button.disabled = false;
      const note = document.createElement("p");
      note.className = "note note-error";
      note.setAttribute("role", "alert");
      note.textContent = "The server could not answer. Nothing is lost: try again.";
      form.querySelector(".note-error")?.remove();
      form.prepend(note);
    }
  }
});
