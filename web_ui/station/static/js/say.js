// Saying something to the library: one question a screen, large buttons, stars, or the pad of the search.

import { h } from "./dom.js";
import { say as read } from "./words.js";
import { art } from "./art.js";
import { button } from "./parts.js";

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];

export function say(view) {
  const page = view.say;
  return h("main", { key: `say ${page.key}`, class: `page say ${page.writes ? "writes" : ""}` },
    h("section", { class: "welcome" },
      page.progress && h("p", { class: "progress" }, page.progress),
      h("h2", { class: "greeting", "data-own": page.own }, read(page.head)),
      page.hint && h("p", { class: "sub", "data-own": page.own }, read(page.hint)),
      page.chosen && h("p", { class: "chosen", "data-own": true }, read(page.chosen)),
      page.writes && typed(page),
      page.stars ? stars(page) : options(page),
      page.answers.length > 0 && answers(page)),
    page.writes && pad(view),
    h("nav", { class: "bar-touch" },
      button("back", page.back, { key: "back", cls: page.step === "thanks" ? "main" : "" }),
      page.skip && button("skip", page.skip, { key: "skip" }),
      page.writes && button("done", page.done, { key: "done", cls: "main" })));
}

function typed(page) {
  return h("div", { class: "typed large" }, page.typed
    ? h("span", { class: "typed-text", "data-own": true }, page.typed)
    : h("span", { class: "typed-empty" }, page.empty), h("span", { class: "caret" }));
}

function options(page) {
  if (!page.options.length) return null;
  return h("div", { class: `options ${page.options.length > 3 ? "many" : ""}` }, page.options.map((o) =>
    h("button", { key: `pick ${o.text}`, class: `button ${o.main ? "main" : ""}`, type: "button", tabindex: "-1",
      "data-touch": "pick", "data-text": o.text, "data-own": o.own }, h("span", { class: "label" }, read(o.label)))));
}

function stars(page) {
  return h("div", { class: "stars" }, page.options.map((o) =>
    h("button", { key: `star ${o.text}`, class: "button star", type: "button", tabindex: "-1", "data-touch": "pick",
      "data-text": o.text, "aria-label": o.label },
      h("i", { class: "icon", html: art.star }), h("span", { class: "label" }, o.text))));
}

function answers(page) {
  return h("div", { class: "told" }, h("h3", null, page.answers_head),
    page.answers.map((a, i) => h("p", { key: `answer ${i}`, class: "note", "data-own": true },
      a.asked && h("b", null, a.asked), h("span", null, a.text))));
}

function pad(view) {
  return h("section", { class: "pad letters" },
    LETTERS.map((letter) => button("key", letter, { cls: "key", text: letter, key: letter })),
    button("erase", view.touches.erase, { cls: "wide3", key: "erase" }),
    button("clear", view.touches.clear, { cls: "wide3", key: "clear" }));
}
