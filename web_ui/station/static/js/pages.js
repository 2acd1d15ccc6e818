// The pages that belong to nobody: start, returns, guide, search, number, notice.

import { h } from "./dom.js";
import { say } from "./words.js";
import { art, scenes, sceneFor } from "./art.js";
import { bookLine, button, cover, iconButton, mark, offers, pager, title } from "./parts.js";

const ROOM_FOR_POSTER = 2;

export function idle(view) {
  const page = view.idle;
  return h("main", { key: "idle", class: "page idle" },
    h("section", { class: "welcome" },
      h("h2", { class: `greeting ${page.shut ? "shut" : ""}` }, page.head_1, h("em", null, page.head_2)),
      h("p", { class: "sub" }, page.sub),
      view.status.store_full && h("p", { class: "alert look" }, view.status.store_full),
      h("ol", { class: "steps" }, page.steps.map((step, i) =>
        h("li", { class: "step" }, h("i", { class: "icon", html: art[step.art] }),
          h("span", { class: "step-words" },
            h("b", null, h("span", { class: "step-n" }, i + 1), step.head), h("span", { class: "step-more" }, step.more)))))),
    page.board ? h("aside", { class: "messages board" }, board(page.board)) : h("aside", { class: "messages" },
      page.messages.length
        ? [h("h3", null, page.messages_head),
           h("ul", { class: "notes", "data-list": true }, page.messages.map((text, i) =>
             h("li", { key: `message ${i}`, class: i === 0 ? "note first" : "note", "data-own": true }, text)))]
        : null,
      page.messages.length < ROOM_FOR_POSTER &&
        h("div", { class: "poster" }, shelf(), h("h3", null, page.welcome), h("p", null, page.welcome_more))),
    h("nav", { class: "bar-touch idle-touch" }, page.buttons.map((b) =>
      button(b.touch, b.label, { cls: b.main ? "main" : "", key: b.touch }))));
}

// One card of the board; touched, it turns to the next. It changes at once: nothing moves.
function board(card) {
  return h("button", { key: `card ${card.key}`, class: `card of-${card.kind}`, type: "button", tabindex: "-1", "data-touch": "next_card" },
    h("span", { class: "card-head" }, h("b", { "data-own": card.own_head }, card.head),
      card.whom && h("span", { class: "card-whom", "data-own": true }, card.whom)),
    card.text && h("span", { class: `card-text ${card.long ? "long" : ""}`, "data-own": true }, card.text),
    card.details.map((text) => h("span", { class: "card-detail", "data-own": true }, text)),
    card.books.length > 0 && h("span", { class: "card-books" }, card.books.map((book) => h("span", { class: "card-book" }, cover(book.cover),
      h("span", { class: "card-words" },
        h("b", { class: `card-title ${book.why ? "one-line" : ""}`, "data-own": true }, book.title),
        book.why && h("span", { class: "card-why", "data-own": true }, book.why),
        h("span", { class: book.free ? "card-place" : "card-place out", "data-own": book.own_place }, book.place))))),
    card.tally && h("span", { class: "card-tally" }, card.tally, h("span", { class: "card-next" }, card.next)));
}

function shelf() {
  const hues = ["I2", "N", "Q", "I5", "K", "J", "P"];
  return h("div", { class: "shelf" }, hues.map((hue, i) => h("span", { class: `spine hue-${hue} spine-${i}` })));
}

export function returns(view) {
  const page = view.returns;
  const [newest] = page.lines;
  return h("main", { key: "returns", class: "page returns" },
    h("section", { class: "welcome" },
      h("h2", { class: "greeting" }, page.head_1, h("em", null, page.head_2)),
      newest && hero(newest),
      h("p", { class: "sub" }, newest && newest.tone === "yes" && !newest.notes.includes("hold_waiting") ? page.borrow : "")),
    h("aside", { class: "messages" }, h("h3", null, page.count),
      h("ul", { class: "tally" }, page.lines.filter((line) => line.title || line.barcode).map((line) =>
        h("li", { key: line.id, class: `tally-line ${line.tone}` },
          h("span", { class: "tally-book" },
            h("span", { class: "tally-title", "data-own": true }, line.title || line.barcode),
            line.proof_told && h("span", { class: "tally-proof" }, line.proof_told)), mark(line.tone),
          line.notes.includes("hold_waiting") && h("span", { class: "tally-hold" }, page.hold_shelf))))),
    h("nav", { class: "bar-touch" }, button("home", view.touches.home, { cls: "main" })));
}

// The book that was scanned last, large, with where to put it.
function hero(line) {
  return [
    h("div", { key: `hero ${line.id}`, class: `hero ${line.tone}${line.lit ? " lit" : ""}` }, cover(line.cover, "large", line.reason),
      h("span", { class: "body" },
        line.tone === "yes"
          ? [title(line), h("span", { class: "author", "data-own": true }, [line.author, line.call_number].filter(Boolean).join(" · "))]
          : [h("span", { class: "head" }, mark(line.tone), h("span", null, line.head)),
             (line.title || line.barcode) && h("span", { class: "name", "data-own": true }, line.title || line.barcode),
             h("span", { class: "sentence" }, line.todo)]),
      offers(line)),
    line.place && h("p", { key: `place ${line.id}`, class: `place ${line.notes.includes("hold_waiting") ? "hold" : ""}`, "data-own": true },
      h("i", { class: "icon", html: art.cart }), h("span", null, line.place)),
    line.remarks.map((text, i) => h("p", { key: `remark ${line.id} ${i}`, class: "alert look" }, text)),
  ];
}

export function guide(view) {
  const page = view.guide;
  return h("main", { key: `guide ${page.topic}`, class: "page guide" },
    h("section", { class: "welcome" },
      h("h2", { class: "greeting" }, page.head),
      h("ol", { class: "guide-steps" }, page.steps.map((step, i) =>
        h("li", null, h("span", { class: "guide-n" }, i + 1), h("span", null, step)))),
      h("p", { class: "alert look" }, page.tip)),
    h("aside", { class: "picture" }, h("div", { class: "scene", html: scenes[page.topic] })),
    h("nav", { class: "bar-touch" }, button("home", view.touches.home, { cls: "main", key: "home" })));
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];

export function find(view) {
  const page = view.find;
  return h("main", { key: "find", class: "page find" },
    h("section", { class: "found" },
      h("div", { class: "typed" }, page.typed
        ? h("span", { class: "typed-text", "data-own": true }, page.typed)
        : h("span", { class: "typed-empty" }, page.head),
        h("span", { class: "caret" })),
      page.typed && h("p", { class: "found-count" }, page.showing || page.total_text),
      !page.results.length
        ? h("div", { class: "none" }, h("i", { class: "icon", html: art.book }),
            h("b", null, page.typed ? page.none : page.empty), h("span", null, page.typed ? page.none_more : page.empty_more))
        : h("ul", { class: "lines", "data-list": true }, page.results.map(foundLine))),
    pager(view),
    h("section", { class: "pad letters" },
      LETTERS.map((letter) => button("key", letter, { cls: "key", text: letter, key: letter })),
      button("erase", view.touches.erase, { cls: "wide2", key: "erase" }),
      button("clear", view.touches.clear, { cls: "wide2", key: "clear" }),
      button("home", view.ui.home, { cls: "wide2", key: "home" })));
}

function foundLine(book, i) {
  return h("li", { class: `line found-line ${book.tone}`, key: `${i} ${book.title}` }, cover(book.cover),
    h("span", { class: "body" }, title(book),
      h("span", { class: "detail", "data-own": true }, [book.author, book.call_number].filter(Boolean).join(" · ")),
      h("span", { class: "detail" },
        book.shelf && h("b", { class: "where", "data-own": true }, book.shelf),
        h("span", { class: `state ${book.tone}` }, book.state),
        book.only && h("span", { class: "state only" }, book.only))));
}

export function number(view) {
  const page = view.number;
  return h("main", { key: "number", class: "page number" },
    h("section", { class: "welcome" },
      h("h2", { class: "greeting" }, page.head),
      h("p", { class: "sub" }, page.hint),
      h("div", { class: "typed large" }, page.typed
        ? h("span", { class: "typed-text" }, page.typed)
        : h("span", { class: "typed-empty" }, page.empty), h("span", { class: "caret" }))),
    h("section", { class: "pad digits" },
      [..."123456789"].map((digit) => button("key", digit, { cls: "key", text: digit, key: digit })),
      button("erase", view.touches.erase, { cls: "key words", key: "erase" }),
      button("key", "0", { cls: "key", text: "0", key: "0" }),
      button("enter", view.touches.enter, { cls: "key words main", key: "enter" })),
    h("nav", { class: "bar-touch" },
      page.back ? button("back", page.back, { key: "back" }) : button("home", view.ui.home, { key: "home" })));
}

// How many pupils are here.
export const count = number;

export function notice(view) {
  const line = view.notice;
  if (!line) return h("main", { key: "notice", class: "page notice" });
  return h("main", { key: `notice ${line.id} ${line.reason}`, class: `page notice ${line.tone}` },
    h("section", { class: "welcome" },
      h("h2", { class: "greeting" }, line.head),
      h("p", { class: "sub" }, line.todo),
      line.title && h("ul", null, bookLine({ ...line, tone: "loan", head: "", due: "", remarks: [], offers: [] }, "book")),
      line.place && !line.title && h("p", { class: "place", "data-own": true }, line.place),
      line.remarks.map((text) => h("p", { class: "alert look" }, text)),
      h("p", { class: "hint" }, view.notice_hint)),
    h("aside", { class: "picture" }, h("div", { class: "scene", html: sceneFor(line.reason) })),
    h("nav", { class: "bar-touch" },
      line.offers.map((o) => button(o.touch, o.label, { cls: "main", line: o.line, key: o.touch })),
      view.notice_again && button("number", view.notice_again, { cls: "main", key: "number" }),
      button("home", view.touches.home, { cls: line.offers.length || view.notice_again ? "" : "main", key: "home" })));
}
