// Sentences as the page draws them: plain, or with pinyin above where the screen brings the readings.

import { h } from "./dom.js";

let readings = {};

export function learn(ruby) {
  readings = ruby || {};
}

export function say(text) {
  const pairs = readings[text];
  if (!pairs) return text;
  return pairs.map(([base, pinyin]) =>
    pinyin ? h("ruby", null, base, h("rt", null, pinyin)) : h("span", null, base));
}

// A sentence whose one figure goes on ticking.
export function sayTicking(text, name, cls) {
  const pairs = readings[text];
  const attrs = { class: cls, "data-tick": name };
  if (!pairs) return h("span", attrs, text);
  const kids = pairs.map(([base, pinyin]) => {
    if (pinyin) return h("ruby", null, base, h("rt", null, pinyin));
    const figure = /\d+/.exec(base);
    if (!figure) return h("span", null, base);
    return [
      h("span", null, base.slice(0, figure.index)),
      h("span", { "data-figure": true }, figure[0]),
      h("span", null, base.slice(figure.index + figure[0].length)),
    ];
  });
  return h("span", { ...attrs, "data-ruby": "1" }, kids);
}
