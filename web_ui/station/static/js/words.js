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
