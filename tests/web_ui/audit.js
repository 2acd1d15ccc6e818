// Looks at the page as it is laid out; every fault is one line of text. Covers are drawings: their letters are no
// reading matter, and a list may be longer than its place.
(options) => {
  const faults = [];
  const name = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].join(".")} "${e.textContent.trim().slice(0, 30)}"`;
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const all = [...document.querySelectorAll("#app *")].filter((e) => !e.closest("svg") && seen(e));
  const veil = document.querySelector(".veil");
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowY + getComputedStyle(e).overflowX);
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());

  for (const e of all) {
    const style = getComputedStyle(e);
    const clamped = style.webkitLineClamp !== "none" || style.textOverflow === "ellipsis";
    if (e.closest(".cover") || scrolls(e) || clamped || style.display === "inline" || e.matches("rt, ruby, .mark")) continue;
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth) faults.push(`wider than its box: ${name(e)}`);
    // A CJK font's own box is 1.45 em tall, more than the line; its ink is not. So much may stand over.
    const sizes = [e, ...e.querySelectorAll("*")].map((x) => parseFloat(getComputedStyle(x).fontSize));
    const over = e.scrollHeight - e.clientHeight;
    if (e.clientHeight && over > 1 + 0.26 * Math.max(...sizes)) faults.push(`taller than its box by ${over}: ${name(e)}`);
  }
  for (const e of all.filter((e) => own(e) && !e.closest(".cover"))) {
    const list = e.closest(".lines, .notes, .tally, .others");
    const box = e.getBoundingClientRect();
    if (box.right > innerWidth + 1 || box.left < -1) faults.push(`off the screen: ${name(e)}`);
    if (!list && (box.bottom > innerHeight + 1 || box.top < -1)) faults.push(`off the screen: ${name(e)}`);
  }
  for (const e of all.filter((e) => e.matches(".cover-title"))) {
    const box = e.parentElement.getBoundingClientRect(), text = e.getBoundingClientRect();
    if (text.bottom > box.bottom + 1) faults.push(`title runs off its cover: ${name(e)}`);
  }

  const buttons = all.filter((e) => e.matches("button"));
  for (const e of buttons) {
    const { width, height, top } = e.getBoundingClientRect();
    if (width < options.target || height < options.target) faults.push(`target ${width}x${height}: ${name(e)}`);
    if (innerHeight > innerWidth && top < innerHeight - options.touch) faults.push(`out of reach at ${top}: ${name(e)}`);
  }
  const apart = veil ? buttons.filter((e) => veil.contains(e)) : buttons;
  for (const [i, a] of apart.entries()) for (const b of apart.slice(i + 1)) {
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    const cut = [a, b].some((e) => e.closest(".lines, .others"));
    if (!cut && p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom) faults.push(`${name(a)} overlaps ${name(b)}`);
  }
  const blocks = [...document.querySelectorAll(".stage > *, .others, .bar-touch, .welcome > *, .desk > *, .patron > *, .found > *, .slip > *")].filter(seen);
  for (const [i, a] of blocks.entries()) for (const b of blocks.slice(i + 1)) {
    if (a.contains(b) || b.contains(a) || Boolean(veil?.contains(a)) !== Boolean(veil?.contains(b))) continue;
    const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left), high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 1 && high > 7) faults.push(`${name(a)} lies over ${name(b)} by ${high}`);
  }

  const channel = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = colour(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  for (const e of all.filter((e) => own(e) && !e.matches(".face, .big-face"))) {
    const a = light(colour(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${name(e)}`);
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (!e.closest(".cover") && e.tagName !== "RT" && size < 21) faults.push(`letters of ${size}px: ${name(e)}`);
  }
  if (options.english) for (const e of all.filter((e) => own(e) && !e.closest("[data-own]"))) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("");
    if (/[\u3400-\u9fff\uff00-\uffef]/.test(text)) faults.push(`not translated: ${name(e)}`);
  }
  return [...new Set(faults)];
}
