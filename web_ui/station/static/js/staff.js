// The status mark, and the page behind it: how every part of the machine is. A child's tap opens nothing.

import { h } from "./dom.js";
import { art } from "./art.js";
import { pager } from "./parts.js";

const HOLD_MS = 1500;
const SIGNS = { green: art.check, yellow: art.look, red: art.cross };
const TONES = { green: "yes", yellow: "look", red: "no" };

export function staff(view) {
  const page = view.staff;
  return h("main", { key: "staff", class: "page staff" },
    h("h2", { class: "greeting" }, page.head),
    h("ul", { class: "lines", "data-list": true }, page.signs.map(sign)),
    h("nav", { class: "bar-touch" },
      pager(view),
      h("button", { class: "button main", type: "button", tabindex: "-1", "data-touch": "home" },
        h("span", { class: "label" }, page.close), h("span", { class: "closes", "data-tick": "closes" }))));
}

function sign(one) {
  return h("li", { key: `${one.part} ${one.name}`, class: `part ${TONES[one.light]}` },
    h("span", { class: "part-light" }, h("i", { class: `sign ${TONES[one.light]}`, html: SIGNS[one.light] }),
      h("span", null, one.light_word)),
    h("span", { class: "part-name" }, one.part, one.name && h("small", { "data-own": true }, one.name)),
    h("span", { class: "part-words" }, h("b", null, one.what), one.todo && h("span", null, one.todo),
      one.detail && h("span", { class: "part-detail", "data-own": true }, one.detail)));
}

// Calls `open` once the mark has been held; a finger that leaves it earlier has done nothing.
export function whenHeld(open) {
  const root = document.documentElement;
  let timer = null;
  const stop = () => {
    clearTimeout(timer);
    delete root.dataset.held;
  };
  document.addEventListener("pointerdown", (event) => {
    stop();
    if (!event.target.closest("[data-hold]")) return;
    root.dataset.held = "yes";
    timer = setTimeout(() => { stop(); open(); }, HOLD_MS);
  });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, stop);
  document.addEventListener("pointermove", (event) => {
    if (!document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-hold]")) stop();
  });
}
