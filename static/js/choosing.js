// Ticks every box of a page at once. Without this file they are ticked one by one.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.tickAll;
  const form = event.target.form;
  if (!form) return;
  if (name) {
    for (const box of form.querySelectorAll(`[name="${name}"]`)) box.checked = event.target.checked;
    return;
  }
  const all = form.querySelector(`[data-tick-all="${event.target.name}"]`);
  if (!all) return;
  const boxes = [...form.querySelectorAll(`[name="${event.target.name}"]`)];
  all.checked = boxes.every((box) => box.checked);
  all.indeterminate = !all.checked && boxes.some((box) => box.checked);
});
