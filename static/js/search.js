// The field in the masthead looks everywhere while one types: arrow keys choose, Enter opens, Escape closes. Without this
// file, and wherever the field is not on screen, there is the page /search/.

const field = document.querySelector("[data-everywhere]");
const box = document.querySelector("[data-hits]");
let running;
let timer;

function options() {
  return [...box.querySelectorAll("[role=option]")];
}

function choose(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

function close() {
  clearTimeout(timer);
  running?.abort();
  box.hidden = true;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

async function look() {
  running?.abort();
  if (!field.value.trim()) {
    close();
    return;
  }
  running = new AbortController();
  const address = `${field.form.action}?${new URLSearchParams(new FormData(field.form))}`;
  try {
    const headers = { "HX-Request": "true", "HX-Target": "div#hits" };
    const answer = await fetch(address, { headers, signal: running.signal });
    const text = await answer.text();
    if (!answer.ok || text.includes("<html") || document.activeElement !== field) return;
    box.innerHTML = text;
    box.hidden = false;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
  } catch {
    // Enter still leads to the page.
  }
}

if (field && box) {
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", "hits");
  field.setAttribute("aria-expanded", "false");
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 150);
  });
  field.addEventListener("blur", () => setTimeout(() => document.activeElement?.closest("[data-hits]") || close(), 150));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden) {
      // Only the list goes; what was typed stays.
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    const chosen = options().find((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Enter" && chosen && !box.hidden) {
      event.preventDefault();
      chosen.click();
    }
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    if (box.hidden) {
      look();
      return;
    }
    const all = options();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = chosen ? all.indexOf(chosen) + step : step > 0 ? 0 : all.length - 1;
    choose(all[(next + all.length) % all.length]);
  });
}

// Ctrl-K (or Command-K) searches everything from wherever one is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const target = field?.checkVisibility() ? field : document.getElementById("search-page");
  if (target) {
    target.focus();
    target.select();
  } else location.assign("/search/");
});
