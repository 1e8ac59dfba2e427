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
    if (context?.sourceElement === settings() && context.response?.raw?.ok) remember();
  });
  document.addEventListener("htmx:error", () => say("The server can’t be reached. Nothing was lost; try again."));

  // A mistake in the form: bring it into view.
  document.addEventListener("htmx:after:swap", () => {
    mark();
    document.querySelector("#settings [role=alert]")?.focus();
  });

  const say = (text) => {
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = text;
    document.getElementById("toast")?.replaceChildren(toast);
  };

  // Opening the details that an address points into.
  remember();
})();
