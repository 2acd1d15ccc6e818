// Simulated hands: what is clicked here is scanned, plugged and set at the station.

const $ = (id) => document.getElementById(id);
const words = $("words").dataset;
const named = Object.fromEntries(["wrongs", "states", "types", "cardStates"].map((group) => [group, JSON.parse(words[group])]));
const MOST = 60;
const MOST_SLIPS = 6;
const TWICE_MS = 600;
let shelf = { cards: [], copies: [], wrong: [] };
let networkUp = true;
let paperOut = false;
let lastCopy = null;
let today = "";
let held = new Map();  // patron -> copies on loan to them, and whether one is kept for them


const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function element(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  Object.assign(node, attrs);
  node.append(...kids);
  return node;
}

class Refused extends Error {}

async function ask(path, body) {
  const init = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/demo/${path}`, init);
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.error);
  return told;
}

function log(text) {
  $("log").prepend(element("li", {}, text));
  while ($("log").children.length > 40) $("log").lastChild.remove();
}

// The log speaks the page's language; the server's own English goes to the console.
async function act(path, body, said, refused = words.failed) {
  try {
    const told = await ask(path, body);
    log(said);
    return told;
  } catch (error) {
    console.warn(error);
    log(error instanceof Refused ? refused : words.failed);
    return null;
  }
}

// Control characters are written out, so that the log stays readable.
const escaped = (c) => (c < " " ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c);
const visible = (text) => [...text].slice(0, 40).map(escaped).join("");

async function scan(text, name = "") {
  document.body.classList.remove("new");
  await act("scan", { text }, fill(words.logScan, { text: `${visible(text)} ${name}`.trim() }), words.unread);
  setTimeout(loadChanges, 400);
  setTimeout(loadTray, 600);
}

// What is told of a card follows from the loans and the clock, so that it is true whenever it is read.
function notes(one) {
  if (one.state !== "active") return [named.cardStates[one.state] || one.state];
  const { out = [], waits = false } = held.get(one.patron) || {};
  const late = out.filter((copy) => copy.due_on < today).length;
  return [
    one.expires_on && one.expires_on < today && words.expired,
    one.blocked && words.blocked,
    out.length ? fill(words.out, { n: out.length }) : words.noneOut,
    late && fill(words.late, { n: late }),
    out.length && out.length >= one.limit && words.full,
    waits && words.waits,
    one.young && words.young,
  ];
}

const joined = (parts) => parts.filter(Boolean).join(" · ");

function card(one) {
  return item(one.name, joined([one.class_name, ...notes(one), one.text]), () => scan(one.text, one.name));
}

function copy(one) {
  const where = one.on_loan_to ? joined([fill(words.onLoan, { who: one.on_loan_to }), one.due_on < today && words.overdue])
    : one.kept_for ? words.kept : named.states[one.state] || words.onShelf;
  const node = item(one.title, joined([where, named.types[one.type], one.text]), () => {
    lastCopy = one.text;
    return scan(one.text, one.title);
  });
  node.classList.toggle("out", Boolean(one.on_loan_to));
  return node;
}

function item(head, detail, onclick) {
  return element("li", {}, element("button", { onclick }, element("b", {}, head), element("span", {}, detail)));
}

function list(kind, make) {
  const wanted = $(`${kind}-filter`).value.trim().toLowerCase();
  const all = shelf[kind];
  const found = wanted ? all.filter((one) => Object.values(one).join(" ").toLowerCase().includes(wanted)) : all;
  const shown = found.slice(0, MOST);
  $(kind).replaceChildren(...shown.map(make));
  $(`${kind}-shown`).textContent = fill(words.shown, { n: shown.length, total: found.length });
}

function wrong() {
  const buttons = shelf.wrong.map((one) => {
    const name = named.wrongs[one.label] || one.label;
    return element("button", { onclick: () => scan(one.text, name) }, name);
  });
  const twice = element("button", { onclick: async () => {
    const text = lastCopy || shelf.copies[0]?.text;
    if (!text) return;
    await scan(text);
    setTimeout(() => scan(text), TWICE_MS);
  } }, words.twice);
  $("wrong").replaceChildren(...buttons, twice);
}

function holders() {
  held = new Map();
  const of = (patron) => held.get(patron) || held.set(patron, { out: [], waits: false }).get(patron);
  for (const one of shelf.copies) {
    if (one.holder) of(one.holder).out.push(one);
    if (one.kept_for) of(one.kept_for).waits = true;
  }
}

function lists() {
  holders();
  list("cards", card);
  list("copies", copy);
}

async function loadShelf() {
  shelf = { cards: [], copies: [], wrong: [], ...(await ask("shelf")) };
  lists();
  wrong();
}

// Only the copies that changed come over; each takes its old place. A station that was started anew sends all.
async function loadChanges() {
  const told = await ask(`shelf?changed_since=${shelf.n}`);
  if (told.cards) shelf = told;
  else if (told.copies.length) {
    const changed = new Map(told.copies.map((one) => [one.text, one]));
    shelf = { ...shelf, n: told.n, copies: shelf.copies.map((one) => changed.get(one.text) || one) };
  } else return;
  lists();
}

async function loadTray() {
  const slips = await ask("tray");
  const newest = `${slips.length} ${slips[0]?.at}`;
  if ($("tray").dataset.newest === newest) return;
  $("tray").dataset.newest = newest;
  const made = slips.slice(0, MOST_SLIPS).map((slip) =>
    slip.html ? element("iframe", { srcdoc: slip.html, sandbox: "", title: slip.at }) : element("pre", {}, slip.text));
  $("tray").replaceChildren(...(made.length ? made : [element("p", {}, words.trayEmpty)]));
}

// How the station is, as its staff's page says it: what is wrong in full, the rest in one word.
function signs(all) {
  const line = (one) => element("li", { className: one.light, title: one.detail },
    element("b", {}, `${one.part} ${one.name}`.trim()), ` ${one.light_word}`,
    ...(one.light === "green" ? [] : [`${one.what} ${one.todo}`, one.detail].map((text) => element("span", {}, text))));
  $("signs").replaceChildren(...all.map(line));
}

async function loadState() {
  const state = await ask(`state?lang=${document.documentElement.lang.slice(0, 2)}`);
  signs(state.signs);
  networkUp = state.up;
  const at = state.at.slice(0, 16).replace("T", " ");
  $("clock").textContent = at;
  // Something to change, not to write anew; left alone once somebody writes in it.
  if (document.activeElement !== $("clock-at")) $("clock-at").value = at;
  if (today !== (today = at.slice(0, 10))) lists();
  $("light").classList.toggle("up", networkUp);
  $("network").textContent = networkUp ? words.networkUp : words.networkDown;
  $("plug").textContent = networkUp ? words.plugOut : words.plugIn;
  paperOut = Boolean(state.paper_out);
  $("paper").textContent = paperOut ? words.paperIn : words.paperOut;
}

async function setClock(at) {
  await act("clock", { at }, fill(words.logClock, { at: at.replace("T", " ") }), words.clockWrong);
  await loadState();
}

$("cards-filter").addEventListener("input", () => list("cards", card));
$("copies-filter").addEventListener("input", () => list("copies", copy));
$("free").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("free-text").value) scan($("free-text").value);
  $("free-text").value = "";
});
$("set-clock").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!$("clock-at").value) return;
  setClock($("clock-at").value.trim());
  $("clock-at").blur();
});
for (const button of document.querySelectorAll("[data-clock]")) button.addEventListener("click", () => setClock(button.dataset.clock));
$("plug").addEventListener("click", async () => {
  await act("network", { up: !networkUp }, networkUp ? words.logDown : words.logUp);
  await loadState();
});
$("clash")?.addEventListener("click", async () => {
  try {
    log(fill(words.logClash, await ask("clash", {})));
  } catch (error) {
    log(error instanceof Refused ? words.clashRefused : words.failed);
  }
});
$("paper").addEventListener("click", async () => {
  await act("paper", { out: !paperOut }, paperOut ? words.logPaperIn : words.logPaperOut);
  await loadState();
});

// The station may be stopped and started again while this page stands: look again, quietly.
async function look() {
  try {
    await loadState();
    await loadTray();
    await (shelf.cards.length ? loadChanges() : loadShelf());
  } catch (error) {
    $("light").classList.remove("up");
    console.warn("the station does not answer:", error);
  }
}
setInterval(look, 2000);
look();
