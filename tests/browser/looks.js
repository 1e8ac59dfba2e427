// What the tests look for in a page, each as it is now.
window.looks = {
  // Where the focus is, whether that is one of `targets`, and what is wrong with how it is seen.
  stop(targets) {
    const at = document.activeElement;
    const found = {
      name: String(at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || at.name || at.tagName)
        .trim().slice(0, 60),
      there: targets.includes(at),
      gone: targets.some((target) => !target.isConnected),
      faults: [],
    };
    if (at === document.body) return { ...found, name: "(the end of the page)" };
    if (at.id === "content") return found;
    found.faults = [...this.hidden(at), ...(this.isMarked(at) ? [] : ["nothing marks it"])];
    at.dataset.reached = "";
    return found;
  },

  // WCAG 2.4.11, and more: all of it is in the window (of what is taller: some of it), under nothing.
  *hidden(at) {
    const box = at.getClientRects()[0];
    if (!box || box.width < 1 || box.height < 1) return yield "it has no size";
    const top = Math.max(box.top, 0);
    const bottom = Math.min(box.bottom, innerHeight);
    if (bottom - top < Math.min(box.height - 1, innerHeight / 3)) yield "it is out of sight";
    for (const x of [box.left + 3, (box.left + box.right) / 2, box.right - 3]) {
      const hit = document.elementFromPoint(Math.min(Math.max(x, 0), innerWidth - 1), (top + bottom) / 2);
      const isOurs = hit && (at.contains(hit) || hit.contains(at)
        || [...(at.labels ?? [])].some((label) => label.contains(hit)));
      if (hit && !isOurs) yield `it is under ${hit.outerHTML.slice(0, 80)}`;
    }
  },

  // Its own outline; of a switch or a chip, whose box isn't shown, that of what is.
  isMarked(at) {
    const hasOutline = (element) => {
      const style = element && getComputedStyle(element);
      return style && style.opacity > 0 && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    return hasOutline(at) || (at.matches("input") && hasOutline(at.nextElementSibling));
  },

  // What can have the focus and hasn't had it; of a group of radios one has.
  missed() {
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
      .filter((each) => !("reached" in each.dataset) && !each.disabled && each.checkVisibility()
        && each.type !== "hidden" && !(each.type === "radio" && !each.checked))
      .map((each) => each.outerHTML.slice(0, 120));
  },

  // From now on, what those regions say that are there already.
  listen() {
    const regions = [...document.querySelectorAll("[role=status], [role=alert], [aria-live=polite]")];
    const text = (region) => region.innerText.trim().replace(/\s+/g, " ");
    const last = new Map(regions.map((region) => [region, text(region)]));
    this.heard = [];
    new MutationObserver(() => regions.forEach((region) => {
      const now = text(region);
      if (!region.isConnected || now === last.get(region)) return;
      last.set(region, now);
      if (now) this.heard.push(now);
    })).observe(document.body, { subtree: true, childList: true, characterData: true });
    return regions.filter((region) => !region.checkVisibility()).map((region) => region.outerHTML);
  },

  moving() {
    const lasts = (text) => text.split(",").some((each) => parseFloat(each) > 0.01);
    const parts = [...document.querySelectorAll("*")]
      .flatMap((element) => [undefined, "::before", "::after"].map((part) => [element, part]));
    const slow = parts.filter(([element, part]) => {
      const style = getComputedStyle(element, part);
      return (style.animationName !== "none" && lasts(style.animationDuration)) || lasts(style.transitionDuration);
    });
    return [...slow.map(([element, part]) => element.outerHTML.slice(0, 80) + (part ?? "")),
      ...document.getAnimations().map((each) => `running: ${each.animationName ?? each.transitionProperty}`)];
  },

  // WCAG 1.4.10: what makes the page wider than its window.
  tooWide() {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll("*")]
      .filter((each) => !each.closest(".scroll, .visually-hidden") && each.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 3).map((each) => each.outerHTML.slice(0, 100));
  },

  // What hides a part of its own text.
  cutOff() {
    return [...document.querySelectorAll("body *")].filter((each) => {
      if (!each.checkVisibility() || each.closest(".visually-hidden, textarea, input, select, svg")) return false;
      const style = getComputedStyle(each);
      if (style.clipPath !== "none") return false; // for those who listen
      const hides = (axis) => ["hidden", "clip"].includes(style[`overflow${axis}`]);
      return (each.textContent.trim() || each.value)
        && ((hides("X") && each.scrollWidth > each.clientWidth + 1)
          || (hides("Y") && each.scrollHeight > each.clientHeight + 1));
    }).map((each) => each.outerHTML.slice(0, 120));
  },

  // WCAG 1.4.12: the least that people may set.
  space() {
    const wide = new CSSStyleSheet();
    wide.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
      word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, wide];
  },

  // WCAG 2.5.8: under 24 × 24, not a link in a sentence, and with another target too near.
  small() {
    const isInText = (element) => getComputedStyle(element).display === "inline"
      && [...element.parentElement.childNodes].some((node) => node !== element && node.textContent.trim());
    const targets = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((each) => each.checkVisibility() && !each.disabled && !each.closest(".visually-hidden, .skip"))
      .map((element) => ({ element, box: (element.closest("label") ?? element).getBoundingClientRect() }));
    const isSmall = ({ box }) => box.width < 23.9 || box.height < 23.9;
    const middle = ({ box }) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const gap = ([x, y], box) => Math.hypot(
      Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const isNear = (one, other) => isSmall(other)
      ? gap(middle(one), { left: middle(other)[0], right: middle(other)[0], top: middle(other)[1], bottom: middle(other)[1] }) < 24
      : gap(middle(one), other.box) < 12;
    return targets.filter((one) => isSmall(one) && !isInText(one.element)
        && targets.some((other) => other !== one && !one.element.contains(other.element)
          && !other.element.contains(one.element) && isNear(one, other)))
      .map(({ element, box }) => `${Math.round(box.width)}×${Math.round(box.height)} ${element.outerHTML.slice(0, 100)}`);
  },

  // Headers that don't say of what they are, and rows without one.
  bareTables() {
    return [...document.querySelectorAll("table")].flatMap((table) => {
      const headers = [...table.querySelectorAll("th")];
      const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
      const faults = [];
      if (!headers.length || headers.some((header) => !header.scope)) faults.push("a header of nothing");
      if (rows.some((row) => !row.querySelector("th[scope=row]"))) faults.push("a row without a header");
      return faults.map((fault) => `${fault}: ${table.outerHTML.slice(0, 100)}`);
    });
  },
};
