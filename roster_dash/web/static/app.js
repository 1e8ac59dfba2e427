// Small comforts; every page works without them.
"use strict";

(() => {
  document.documentElement.classList.add("js");

  // Unsaved settings: say so, and ask before they are left behind.
  const snapshot = (form) => {
    const values = new URLSearchParams(new FormData(form));
    ["base", "csrf_token"].forEach((name) => values.delete(name));
    return values.toString();
  };
  let saved = null;

  const settings = () => document.getElementById("settings");
  const isDirty = () => settings() !== null && saved !== null && snapshot(settings()) !== saved;
  const mark = () => {
    const note = settings()?.querySelector("[data-unsaved]");
    if (note) note.hidden = !isDirty();
  };
  const remember = () => {
    saved = settings() ? snapshot(settings()) : null;
    mark();
  };
  const forgetMistakes = () => {
    settings().querySelectorAll("[role=alert], .field-error").forEach((told) => told.remove());
    settings().querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
  };

  document.addEventListener("input", mark);
  document.addEventListener("change", mark);
  document.addEventListener("submit", (event) => {
    if (event.target === settings() && !window.htmx) saved = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty()) event.preventDefault();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const context = event.detail?.ctx;
    if (context?.sourceElement !== settings() || !context?.response?.raw?.ok) return;
    forgetMistakes();
    remember();
  });
  document.addEventListener("htmx:after:swap", mark);
  document.addEventListener("htmx:error", () => say(document.getElementById("toast")?.dataset.unreachable));

  // An answer is for what stands in that place now: another may have been swapped in since it was asked for.
  document.addEventListener("htmx:after:request", (event) => {
    const context = event.detail?.ctx;
    if (!context?.target?.id || context.target.isConnected) return;
    context.target = document.getElementById(context.target.id) ?? context.target;
  });

  // A swap that takes away what had the focus leaves it where that was, not at the top of the page.
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
  let place = [];

  const placeOf = (element) => {
    const found = [];
    for (let node = element; node && node !== document.body; node = node.parentElement) {
      found.push({ node, before: node.previousElementSibling, after: node.nextElementSibling });
    }
    return found;
  };
  const nowAt = (found) => {
    const { before, after } = found.findLast(({ node }) => !node.isConnected);
    if (before?.isConnected) return before.nextElementSibling ?? before;
    if (after?.isConnected) return after.previousElementSibling ?? after;
    return found.find(({ node }) => node.isConnected)?.node;
  };

  document.addEventListener("htmx:before:swap", () => {
    const isLost = document.activeElement === document.body && place[0]?.node.isConnected === false;
    if (!isLost) place = placeOf(document.activeElement);
  });
  document.addEventListener("htmx:after:swap", () => {
    if (document.activeElement !== document.body || place[0]?.node.isConnected !== false) return;
    const next = nowAt(place);
    if (next && !next.matches(FOCUSABLE)) next.tabIndex = -1;
    next?.focus();
  });

  // What a swap brings in sight is said, by a region that was there before; what stays, only once.
  // How many were found says itself.
  const news = () => document.getElementById("found") ? ""
    : document.querySelector("[data-said]")?.textContent.trim().replace(/\s+/g, " ") ?? "";
  let last = news();

  document.addEventListener("htmx:after:swap", () => {
    const text = news();
    const region = document.getElementById("said");
    if (region && text && text !== last) region.textContent = text;
    last = text;
  });

  const say = (text) => {
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = text;
    document.getElementById("toast")?.replaceChildren(toast);
  };

  // What a page brings along to say is put there anew: regions speak when they change.
  window.addEventListener("load", () => {
    const toast = document.getElementById("toast");
    if (toast?.childElementCount) toast.replaceChildren(...toast.children);
  });

  remember();
})();
