// The touchscreen: draws the newest screen, sends touches back. It decides nothing.

import { h, patch } from "./dom.js";
import { listen, send } from "./link.js";
import { learn } from "./words.js";
import * as clock from "./clock.js";
import * as sound from "./sound.js";
import { speak } from "./aloud.js";
import { header, statusMark, switches } from "./parts.js";
import * as pages from "./pages.js";
import { slip, visit, visitUpright, young } from "./visit.js";
import { say as sayPage } from "./say.js";
import { staff, whenHeld } from "./staff.js";

const app = document.getElementById("app");
const connecting = document.getElementById("connecting");
const root = document.documentElement;
const STAY_MS = 1000;
const upright = matchMedia("(orientation: portrait)");
let shown = null;

function page(view) {
  if (view.visit) return (view.young ? young : upright.matches ? visitUpright : visit)(view);
  if (view.place === "staff") return staff(view);
  if (view.say) return sayPage(view);
  return (pages[view.place] || pages.idle)(view);
}

function draw(view) {
  learn(view.ruby);
  const first = shown === null;
  const another = !first && (shown.visit_id !== view.visit_id || shown.place !== view.place);
  shown = view;
  tell("lang", view.html_lang);
  tell("data-place", view.place);
  tell("data-contrast", view.contrast ? "high" : "normal");
  tell("data-young", view.young ? "yes" : "no");
  patch(app, [
    header(view),
    page(view),
    view.slip && slip(view),
    h("footer", { class: "foot" }, statusMark(view), switches(view)),
  ], first);
  clock.set(view);
  arrange(another);
  root.dataset.n = view.n;
  sound.play(view.cue, view.cue_n);
  speak(view.aloud, view.language);
}

// Written only where it differs: an attribute of the root touches the style of the whole page.
function tell(name, value) {
  if (root.getAttribute(name) !== value) root.setAttribute(name, value);
}

// The newest or the lit line must be in sight; arrows only where a list is longer than its place.
function arrange(another) {
  const list = app.querySelector("[data-list].lines");
  tell("data-long", list && list.scrollHeight > list.clientHeight + 4 ? "yes" : "no");
  if (!list) return;
  const lit = list.querySelector(".lit");
  const entered = list.querySelector(".enter:not([data-seen])");
  if (lit) lit.scrollIntoView({ block: "nearest" });
  else if (entered || another) list.scrollTop = 0;
  for (const line of list.querySelectorAll(".enter")) line.dataset.seen = "1";
}

function scroll(direction) {
  const list = app.querySelector("[data-list].lines");
  if (list) list.scrollBy({ top: (direction === "up" ? -1 : 1) * list.clientHeight * 0.8 });
}

// What a finger went down on is what counts: a page that changes under it is not touched by mistake.
let pressed = null;
document.addEventListener("pointerdown", (event) => {
  sound.unlock();
  const button = event.target.closest("button");
  pressed = button && { button, visit: shown?.visit_id ?? null, ...button.dataset };
  if (!button?.dataset.touch) stay();
});

// Whoever touches the page is still here: beside every button, and on the arrows, a touch gives more time.
let stayedAt = -STAY_MS;
function stay() {
  if (!shown?.countdown || performance.now() - stayedAt < STAY_MS) return;
  stayedAt = performance.now();
  send({ touch: "stay", visit: shown.visit_id, line: null, text: "" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const down = pressed;
  pressed = null;
  if (!button || !down || down.button !== button || down.touch !== button.dataset.touch) return;
  if (down.hold !== undefined) return;
  if (down.scroll) scroll(down.scroll);
  else send({ touch: down.touch, visit: down.visit, line: down.line ? Number(down.line) : null, text: down.text || "" });
});

// What staff see is opened by holding the mark, or by F1 of a keyboard plugged in for a moment; Escape leaves it.
const open = () => send({ touch: "staff", visit: null, line: null, text: "" });
whenHeld(open);
document.addEventListener("keydown", (event) => {
  if (event.key === "F1") open();
  if (event.key === "Escape" && shown?.place === "staff") send({ touch: "home", visit: null, line: null, text: "" });
});

for (const name of ["contextmenu", "selectstart", "dragstart", "keydown", "keypress", "gesturestart"]) {
  document.addEventListener(name, (event) => event.preventDefault());
}
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });
document.addEventListener("touchmove", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });

upright.addEventListener("change", () => shown && draw(shown));
listen({
  onScreen: draw,
  onSilent(silent) {
    connecting.hidden = !silent;
    const ui = shown ? shown.ui : { connecting: "正在连接… Connecting…", connecting_more: "" };
    patch(connecting, [h("b", null, ui.connecting), h("span", null, ui.connecting_more)]);
  },
});
