() => {
  const found = [];
  const name = (e) => [e.tagName.toLowerCase(), e.id && `#${e.id}`, ...[...e.classList].map((c) => `.${c}`)].join("");
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const isForEars = (e) => {
    for (let up = e; up; up = up.parentElement)
      if (up.matches(".visually-hidden, .skip") || getComputedStyle(up).clipPath !== "none") return true;
    return false;
  };
  const isSeen = (e) => e.checkVisibility({ visibilityProperty: true }) && !isForEars(e);
  const cuts = (overflow) => overflow === "hidden" || overflow === "clip";
  const scrolls = (overflow) => overflow === "auto" || overflow === "scroll";

  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`the page is ${wide} wide`);

  const scrollers = new Set();
  for (const e of document.body.querySelectorAll("*:not(input, select, option, textarea, progress, svg, svg *)")) {
    const style = getComputedStyle(e);
    if (scrolls(style.overflowX) || scrolls(style.overflowY)) scrollers.add(e);
    if (!isSeen(e) || e.clientWidth === 0) continue;
    const aside = cuts(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
    const below = cuts(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
    if (aside || below) found.push(`${name(e)} cuts off “${short(e.innerText)}”`);
  }
  const isScrolled = (e) => {
    for (let up = e; up; up = up.parentElement) if (scrollers.has(up)) return true;
    return false;
  };

  // Text stays within the box that it is in.
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const parent = text.parentElement;
    if (!text.data.trim() || !isSeen(parent) || isScrolled(parent) || parent.closest("svg, textarea, select, script")) continue;
    const holder = parent.closest("button, .button, .badge, td, th, .card, .notice, .empty, main, body");
    const box = holder.getBoundingClientRect();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) {
      if (line.width > 1 && (line.left < box.left - 1 || line.right > box.right + 1)) {
        found.push(`“${short(text.data)}” sticks out of ${name(holder)}`);
        break;
      }
    }
  }

  // So do fields.
  for (const e of document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea)")) {
    if (!isSeen(e) || isScrolled(e)) continue;
    const box = e.closest("td, th, .card, .notice, main").getBoundingClientRect();
    const its = e.getBoundingClientRect();
    if (its.left < box.left - 1 || its.right > box.right + 1) found.push(`${name(e)} sticks out of what it is in`);
  }

  // Nothing that is clicked lies on something else that is.
  const clicked = [...document.querySelectorAll("main :is(a, button, input:not([type=hidden]), select, textarea, summary)")]
    .filter((e) => isSeen(e) && !isScrolled(e) && !e.closest(".save-bar"))
    .map((e) => [e, [...e.getClientRects()].filter((r) => r.width > 1)]);
  clicked.forEach(([one, its], index) => {
    for (const [other, theirs] of clicked.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const meets = its.some((a) => theirs.some((b) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3));
      if (meets) found.push(`${name(one)} “${short(one.innerText || one.name)}” lies on ${name(other)} “${short(other.innerText || other.name)}”`);
    }
  });
  return found;
}
