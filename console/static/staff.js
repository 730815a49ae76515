// Keys for those who work through the queue; every page works without this.
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const rows = [...document.querySelectorAll("[data-row]")];
  const on = document.getElementById("keys-on");
  const STORED = "sehat-keys";
  let at = -1;

  // Who dictates, or whose keyboard sends single letters by itself, turns the keys off.
  const stored = () => { try { return localStorage.getItem(STORED); } catch { return null; } };
  on.checked = stored() !== "off";
  on.addEventListener("change", () => {
    try { localStorage.setItem(STORED, on.checked ? "on" : "off"); } catch { /* for this page only */ }
  });
  for (const hint of document.querySelectorAll(".keys-hint")) hint.hidden = false;
  for (const button of document.querySelectorAll("[data-show-keys]"))
    button.addEventListener("click", () => dialog.showModal());

  const box = (row) => row.querySelector("input[type=checkbox]");
  const here = () => {
    const focused = rows.findIndex((row) => row.contains(document.activeElement));
    return focused >= 0 ? focused : at;
  };
  const go = (number) => {
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, number));
    rows.forEach((row, index) => row.classList.toggle("here", index === at));
    (rows[at].querySelector("[data-open]") || box(rows[at]) || rows[at]).focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const link = rows[here()] && rows[here()].querySelector("[data-open]");
    if (link) link.click();
  };
  const tick = () => {
    const one = rows[here()] && box(rows[here()]);
    if (one) one.click();
  };
  const press = (key) => {
    const button = document.querySelector(`button[data-key="${key}"]`);
    if (!button) return;
    // On the list it is for what is ticked, or else for the row one stands on.
    if (button.form.id === "many" && !button.form.querySelector("[data-row] input:checked")) {
      if (here() < 0) return;
      box(rows[here()]).checked = true;
    }
    button.click();
  };
  const up = () => {
    const link = document.querySelector("a[data-up]");
    if (link) link.click();
  };
  const keys = {
    j: () => go(here() + 1),
    k: () => go(here() - 1),
    o: open,
    x: tick,
    a: () => press("a"),
    n: () => press("n"),
    u: up,
    "?": () => dialog.showModal(),
  };

  const writing = (element) =>
    element.isContentEditable ||
    element.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (dialog.open || !on.checked || writing(event.target)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // What is hard to see at once is asked first, by mouse and by key; undo is there all the same.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ask]");
    if (button && !window.confirm(button.dataset.ask)) event.preventDefault();
  });
})();
