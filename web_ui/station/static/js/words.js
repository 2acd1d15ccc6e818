// Sentences as the page draws them: plain, or with pinyin above where the screen brings the readings.

import { h } from "./dom.js";

let readings = {};

export function learn(ruby) {
  readings = ruby || {};
}

// n: the number that goes where the sentence keeps {n} open.
export function say(text, n = "") {
  const put = (part) => part.replace("{n}", n);
  const pairs = readings[text];
  if (!pairs) return put(text);
  return pairs.map(([base, pinyin]) =>
    pinyin ? h("ruby", null, put(base), h("rt", null, pinyin)) : h("span", null, put(base)));
}
