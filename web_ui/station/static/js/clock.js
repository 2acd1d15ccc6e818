// What goes on ticking between two screens: clock, minutes left, countdown.

import { patch } from "./dom.js";
import { say } from "./words.js";

let pushed = null;
let pushedAt = 0;

export function set(screen) {
  pushed = screen;
  pushedAt = performance.now() - (screen.age_ms || 0);
  tick();
}

function sincePush() {
  return performance.now() - pushedAt;
}

function clockText() {
  const seconds = pushed.clock.seconds + Math.floor(sincePush() / 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}`;
}

// A sentence, and the number that goes into it.
function hoursNow() {
  const hours = pushed.hours;
  if (!hours.template || hours.until_s === null) return [hours.text];
  const minutes = Math.max(0, Math.ceil((hours.until_s - sincePush() / 1000) / 60));
  return minutes > hours.soon_minutes ? [hours.plain] : [hours.template, minutes];
}

function countdown() {
  if (!pushed.countdown) return null;
  const { ends_in_ms: ends, total_ms: total, template } = pushed.countdown;
  const left = Math.max(0, ends - sincePush());
  return { words: [template, Math.ceil(left / 1000)], part: Math.min(1, left / total) };
}

function tick() {
  if (!pushed) return;
  write("clock", clockText());
  write("hours", ...hoursNow());
  const left = countdown();
  write("closes", ...(left ? left.words : [""]));
  for (const bar of document.querySelectorAll("[data-tick=bar]")) {
    bar.style.setProperty("transform", `scaleX(${left ? left.part.toFixed(3) : 0})`);
  }
}

const told = new WeakMap();

function write(name, text, n) {
  const now = `${document.documentElement.dataset.young} ${text} ${n}`;
  for (const node of document.querySelectorAll(`[data-tick=${name}]`)) {
    if (told.get(node) === now) continue;
    told.set(node, now);
    patch(node, [say(text, n)], true);
  }
}

setInterval(tick, 250);
