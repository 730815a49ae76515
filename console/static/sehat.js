// The page works without this; with it, answers join the chat instead of loading a new page.
"use strict";
(() => {
  const log = document.getElementById("log");
  const form = document.getElementById("ask");
  if (!log || !form || !window.fetch) return;
  const box = form.querySelector("textarea");
  const button = form.querySelector("button");

  const say = (text, kind) => {
    const line = document.createElement("p");
    line.className = `turn ${kind}`;
    line.dir = "auto";
    line.textContent = text;
    log.append(line);
    line.scrollIntoView({ block: "nearest" });
    return line;
  };

  const load = async (address, options) => {
    const waiting = say(form.dataset.waiting, "ours waiting");
    try {
      const answer = await fetch(address, { ...options, headers: { "X-Part": "turn" } });
      if (!answer.ok) throw new Error(answer.status);
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      waiting.replaceWith(part.content);
      const last = log.querySelector("article:last-of-type");
      last.focus({ preventScroll: true });
      const asked = last.previousElementSibling;
      (asked && asked.matches(".mine") ? asked : last).scrollIntoView({ block: "start" });
      return true;
    } catch {
      waiting.textContent = form.dataset.failed;
      return false;
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled || !box.value.trim()) return;
    const body = new URLSearchParams(new FormData(form));
    button.disabled = true;
    const text = box.value;
    box.value = "";
    if (!(await load(form.action, { method: "POST", body }))) box.value = text;
    button.disabled = false;
  });

  box.addEventListener("keydown", (event) => {
    // Enter sends, Shift+Enter makes a line; while a script's input method composes, Enter is its own.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  log.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(link.href, {});
  });

  log.addEventListener("submit", async (event) => {
    const inner = event.target;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(inner));
    if (event.submitter && event.submitter.name) body.set(event.submitter.name, event.submitter.value);
    if (inner.classList.contains("vote")) {
      try {
        const answer = await fetch(inner.action, { method: "POST", body, headers: { "X-Part": "turn" } });
        if (answer.ok) inner.innerHTML = await answer.text();
      } catch { /* the buttons stay, to be pressed again */ }
    } else {
      load(inner.action, { method: "POST", body });
    }
  });
})();
