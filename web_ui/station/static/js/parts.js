// Pieces that several pages share.

import { h } from "./dom.js";
import { say } from "./words.js";
import { art, isOfCard } from "./art.js";

export function button(touch, label, { cls = "", line, text, icon, key } = {}) {
  return h("button", {
    key, class: `button ${cls}`, type: "button", tabindex: "-1", "data-touch": touch,
    "data-line": line, "data-text": text,
  }, icon && h("i", { class: "icon", html: icon }), h("span", { class: "label" }, say(label)));
}

export function iconButton(touch, label, icon, cls = "") {
  return h("button", {
    class: `button icon-only ${cls}`, type: "button", tabindex: "-1", "data-touch": touch, "aria-label": label,
  }, h("i", { class: "icon", html: icon }));
}

export function header(view) {
  const visit = view.young && view.visit;
  return h("header", { class: "top" },
    visit
      ? h("div", { class: "owner", "data-own": true }, h("span", { class: "face" }, visit.avatar),
          h("span", { class: "owner-name" }, visit.name, " · ", say(visit.class_name)))
      : h("h1", { class: "library", "data-own": true }, view.library),
    statusMark(view),
    h("span", { class: `hours ${view.hours.open && view.hours.sure ? "open" : "shut"}`,
      "data-own": view.hours.closure !== "", "data-tick": "hours" }),
    h("time", { class: "clock", "data-tick": "clock" }),
    switches(view));
}

// Staff hold it to see how the machine is. During a visit it only shows: the screen is the patron's.
export function statusMark(view) {
  const { text, short, urgent } = view.status;
  const mark = view.status.mark && `${view.status.mark}${urgent ? " urgent" : ""}`;
  const words = short && h("span", { class: "mark-text" }, short);
  if (view.visit_id) return mark && h("span", { class: `mark ${mark}` }, words);
  return h("button", {
    key: "mark", class: `mark ${mark || "well"}`, type: "button", tabindex: "-1", "data-touch": "staff", "data-hold": true,
    "aria-label": `${text}. ${view.ui.status}`, "aria-keyshortcuts": "F1",
  }, words);
}

export function switches(view) {
  return h("span", { class: "switches" },
    iconButton("contrast", view.ui.contrast, art.contrast),
    h("button", { class: "button language", type: "button", tabindex: "-1", "data-touch": "language", "data-own": true },
      view.touches.language));
}

export function cover(drawn, cls = "", reason = "") {
  if (!drawn) return h("span", { class: `cover blank ${cls}` }, h("i", { class: "icon", html: isOfCard(reason) ? art.card : art.book }));
  return h("span", { class: `cover hue-${drawn.hue} pattern-${drawn.pattern} ${cls}`, "data-own": true },
    h("span", { class: `cover-title size-${drawn.size}` }, drawn.text));
}

export function title(line) {
  return h("span", { class: "title", "data-own": true }, say(line.title || line.barcode));
}

const MARKS = { yes: art.check, no: art.cross, look: art.look };

export function mark(tone) {
  return MARKS[tone] ? h("i", { class: `sign ${tone}`, html: MARKS[tone] }) : null;
}

export function offers(line) {
  if (!line.offers.length) return null;
  return h("span", { class: "offers" },
    line.offers.map((offer) => button(offer.touch, offer.label, { cls: "offer", line: offer.line, key: offer.touch })));
}

// One book as a row: a result on the right, or a refusal across the row.
export function bookLine(line, key) {
  const loud = line.tone === "no" || line.tone === "look";
  return h("li", { key, class: `line ${line.tone}${line.lit ? " lit" : ""}`, "data-line-id": line.id, "data-kind": line.kind },
    cover(line.cover, "", line.reason), loud ? told(line) : plain(line), offers(line));
}

function told(line) {
  return h("span", { class: "body" },
    h("span", { class: "head" }, mark(line.tone), h("span", null, say(line.head))),
    h("span", { class: "detail" },
      (line.title || line.barcode) && h("b", { class: "name", "data-own": true }, say(line.title || line.barcode)),
      sentences(line)));
}

function sentences(line) {
  return [line.place, line.todo, line.due, ...line.remarks].filter(Boolean)
    .map((text) => h("span", { class: "sentence", "data-own": text === line.place }, say(text)));
}

function plain(line) {
  const done = line.tone === "yes";
  const told = [line.place, ...line.remarks].filter(Boolean);
  const detail = done
    ? [!told.length && line.author && h("span", { class: "author", "data-own": true }, line.author)]
    : [line.head, line.due].filter(Boolean).map((text) =>
        h("span", { class: `sentence${line.late && text === line.due ? " late" : ""}` }, say(text)));
  return h("span", { class: "body" },
    h("span", { class: "row" }, title(line),
      done && h("span", { class: "result" }, mark("yes"), h("span", null, say(line.head)))),
    h("span", { class: "row" },
      h("span", { class: "detail" }, detail, told.map((text) =>
        h("span", { class: "sentence strong", "data-own": text === line.place }, say(text)))),
      done && line.due && h("span", { class: "due" }, say(line.due))));
}

export function finish(view) {
  const left = view.countdown;
  return h("button", { key: "finish", class: "button main finish", type: "button", tabindex: "-1", "data-touch": "finish" },
    left && h("span", { class: "bar", "data-tick": "bar" }),
    h("span", { class: "label" }, say(view.touches.finish)),
    left && h("span", { class: "closes", "data-tick": "closes" }));
}

export function pager(view) {
  return h("span", { class: "pager" }, [["up", art.up], ["down", art.down]].map(([name, icon]) =>
    h("button", { class: `button icon-only page-${name}`, type: "button", tabindex: "-1", "data-scroll": name,
      "aria-label": view.ui[name] }, h("i", { class: "icon", html: icon }))));
}
