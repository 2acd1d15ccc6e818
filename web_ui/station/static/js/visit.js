// The pages of one patron: the visit, its simpler form for young readers, and the slip above both.

import { h } from "./dom.js";
import { say } from "./words.js";
import { art } from "./art.js";
import { bookLine, button, cover, finish, mark, offers, pager, title } from "./parts.js";

export function visit(view) {
  const page = view.visit;
  return h("main", { key: `visit ${page.id}`, class: "page visit" },
    patron(page),
    h("section", { class: "desk" },
      alerts(page, view, page.lines.length > 0),
      h("ul", { class: "lines", "data-list": true }, page.lines.map((line) => bookLine(line, line.id))),
      !page.lines.length && (page.in_room ? h("div", { class: "none" }, inRoom(page)) :
        h("div", { class: "none" }, h("i", { class: "icon", html: art.book }), h("b", null, page.empty), h("span", null, page.empty_more))),
      recommended(page)),
    pager(view),
    touches(page, view));
}

// Standing: the newest book large and above; the others, and all that is touched, within a child's reach below.
export function visitUpright(view) {
  const page = view.visit;
  const newest = newestOf(page);
  return h("main", { key: `visit ${page.id}`, class: "page visit" },
    patron(page),
    h("section", { class: "stage" }, alerts(page, view, newest !== null), newest ? [outcome(newest), largeBook(newest)] : welcome(page)),
    h("div", { class: "young-offers" }, newest && offers(newest)),
    h("section", { class: "desk" },
      h("ul", { class: "lines", "data-list": true },
        page.lines.filter((line) => line !== newest).map((line) => bookLine(line, line.id)))),
    pager(view),
    touches(page, view));
}

// Books to take from the shelf, for as long as nothing has been scanned.
function recommended(page) {
  const card = page.recommended;
  return card && h("aside", { class: "recommended", key: "recommended" },
    h("b", { class: "card-head", "data-own": card.own_head }, say(card.head)),
    h("div", { class: "card-books" }, card.books.map((book) => h("div", { class: "card-book" }, cover(book.cover),
      h("div", { class: "card-words" },
        h("b", { class: "card-title", "data-own": true }, say(book.title)),
        h("span", { class: "card-place", "data-own": book.own_place }, say(book.place)))))));
}

function patron(page) {
  return h("section", { class: "patron" },
    h("span", { class: "face" }, page.avatar),
    h("h2", { class: "name", "data-own": true }, page.name),
    h("p", { class: "class-name", "data-own": true }, page.class_name),
    h("div", { class: "tally" },
      h("p", { class: "lent-head" }, page.lent_head),
      h("p", { class: "count", key: `count ${page.lent}` }, page.lent),
      h("p", { class: "more" }, page.more),
      h("p", { class: "out" }, page.out),
      page.term && h("p", { class: "term" }, page.term)));
}

// An answer of the library's, until its reader says that it was read.
function seen(page) {
  const answer = page.alerts.find((a) => a.read);
  return answer && button("read", page.read, { text: answer.read, key: `read ${answer.read}` });
}

function touches(page, view) {
  return h("nav", { class: "bar-touch" },
    button("not_me", view.touches.not_me, { cls: "not-me", key: "not_me" }),
    page.renew_all && !coming(page) && button("renew_all", page.renew_all, { key: "renew_all" }),
    seen(page) || (page.can_say && !page.in_room && !coming(page) && button("say", view.touches.say, { key: "say" })),
    page.has_slip && !page.in_room && !coming(page) && button("slip", view.touches.slip, { key: "slip" }),
    page.counts && button("count", view.touches.count, { key: "count" }),
    door(page),
    finish(view));
}

// An activity of today that the patron has not signed in to yet.
function coming(page) {
  return page.in_room && page.in_room.passage === "out" ? null : page.activities.find((one) => !one.done);
}

function door(page) {
  const one = coming(page);
  if (one) return button("attend", one.text, { cls: "attend", key: `attend ${one.line}`, line: one.line });
  return page.in_room && button(page.in_room.touch, page.in_room.label, { cls: "door", key: page.in_room.touch });
}

// In the reading room or out of it: what is read first, until a book is scanned.
function inRoom(page) {
  const there = page.in_room;
  return [h("div", { class: "stage-head", key: `room ${there.passage}` },
            h("span", { class: "big-sign yes" }, mark("yes")), h("h2", { class: "greeting" }, say(there.head))),
          h("p", { class: "sub", key: "room more", "data-own": true }, say(there.more))];
}

// The book that was scanned last, or whose line lights up; none while only loans from before stand there.
function newestOf(page) {
  const newest = page.lines.find((line) => line.lit) || page.lines[0];
  return newest && newest.tone !== "loan" ? newest : null;
}

function outcome(line) {
  return h("div", { class: "stage-head", key: `head ${line.id} ${line.kind}` },
    h("span", { class: `big-sign ${line.tone}` }, mark(line.tone)), h("h2", { class: "greeting" }, say(line.head)));
}

function welcome(page) {
  if (page.in_room) return inRoom(page);
  return [h("h2", { class: "greeting", key: "hello" }, say(page.hello)), h("p", { class: "sub" }, say(page.hello_more)), recommended(page)];
}

function alerts(page, view, busy) {
  const full = view.status.store_full ? [{ tone: "look", text: view.status.store_full }] : [];
  // With books on the screen, being in the room is a line above them.
  const room = page.in_room && busy ? [{ tone: "room", text: page.in_room.head }] : [];
  const came = page.activities.filter((one) => one.done).map((one) => ({ tone: "room", text: one.text, own: true }));
  return [...full, ...room, ...came, ...page.alerts].map((a) => h("p", { class: `alert ${a.tone}`, "data-own": a.own }, say(a.text)));
}

// One book at a time, large; the others stand as a row of covers.
export function young(view) {
  const page = view.visit;
  const newest = newestOf(page);
  const rest = page.lines.filter((line) => line !== newest);
  const tight = rest.length || page.recommended || page.alerts.length || view.status.store_full;
  return h("main", { key: `visit ${page.id}`, class: `page young ${newest ? newest.tone : "hello"}${tight ? " tight" : ""}` },
    h("section", { class: "stage" },
      alerts(page, view, newest !== null),
      newest
        ? [outcome(newest), largeBook(newest)]
        : page.in_room ? inRoom(page)
        : [h("div", { class: "stage-head", key: "hello" }, h("span", { class: "big-face" }, page.avatar),
             h("h2", { class: "greeting" }, say(page.hello))), h("p", { class: "sub" }, say(page.hello_more)),
           page.term && h("p", { class: "term" }, say(page.term)), recommended(page)]),
    h("div", { class: "young-offers" }, newest && offers(newest)),
    others(rest),
    h("nav", { class: "bar-touch" },
      button("not_me", view.touches.not_me, { cls: "not-me", key: "not_me" }),
      seen(page) || (page.in_room || coming(page) ? door(page) : newest ? h("p", { class: "again" }, say(page.again))
        : page.can_say && button("say", view.touches.say, { key: "say" })),
      finish(view)));
}

function largeBook(line) {
  return h("div", { class: `young-book ${line.tone}`, key: `book ${line.id}` }, cover(line.cover, "large"),
    h("span", { class: "body" }, title(line),
      [line.place, line.todo, line.due, ...line.remarks].filter(Boolean).map((text) =>
        h("span", { class: "sentence", "data-own": text === line.place }, say(text)))),
    offers(line));
}

function others(rest) {
  if (!rest.length) return null;
  return h("ul", { class: "others", "data-list": true }, rest.map((line) =>
    h("li", { key: line.id, class: `other ${line.tone}` }, cover(line.cover), mark(line.late ? "look" : line.tone),
      line.late && h("span", { class: "late" }, say(line.late)),
      line.offers.filter((o) => o.touch === "renew").map((o) => button(o.touch, o.label, { cls: "offer", line: o.line, key: o.touch })))));
}

export function slip(view) {
  const page = view.slip;
  return h("div", { key: "slip", class: "veil" },
    h("section", { class: "slip" },
      h("h2", { class: "greeting" }, say(page.head)),
      h("div", { class: "qr", html: page.qr }),
      h("p", { class: "sub" }, h("i", { class: "icon", html: art.phone }), h("span", null, say(page.state || page.hint))),
      h("nav", { class: "slip-touch" },
        page.printer && button("print", view.touches.print, { key: "print" }),
        button("slip", page.close, { key: "slip" }), finish(view))));
}
