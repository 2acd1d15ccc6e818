// Simulated hands: what is clicked here is scanned, plugged and set at the station.

const $ = (id) => document.getElementById(id);
const words = $("words").dataset;
const wrongNames = JSON.parse(words.wrong);
const MOST = 60;
const MOST_SLIPS = 6;
const TWICE_MS = 600;
let shelf = { cards: [], copies: [], wrong: [] };
let networkUp = true;
let paperOut = false;
let lastCopy = null;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function element(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  Object.assign(node, attrs);
  node.append(...kids);
  return node;
}

async function ask(path, body) {
  const init = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/demo/${path}`, init);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

function log(text) {
  $("log").prepend(element("li", {}, text));
  while ($("log").children.length > 40) $("log").lastChild.remove();
}

async function act(path, body, said) {
  try {
    const told = await ask(path, body);
    log(said);
    return told;
  } catch (error) {
    log(fill(words.failed, { error: error.message }));
    return null;
  }
}

// Control characters are written out, so that the log stays readable.
const escaped = (c) => (c < " " ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c);
const visible = (text) => [...text].slice(0, 40).map(escaped).join("");

async function scan(text, name = "") {
  await act("scan", { text }, fill(words.logScan, { text: `${visible(text)} ${name}`.trim() }));
  setTimeout(loadShelf, 400);
  setTimeout(loadTray, 600);
}

// A note may bring both languages, parted by a dot: Chinese first.
function inOurs(note) {
  const [zh, en] = (note || "").split(" · ");
  return document.documentElement.lang === "en" && en ? en : zh;
}

function card(one) {
  const detail = [one.class_name, inOurs(one.note), one.text].filter(Boolean).join(" · ");
  return item(one.name, detail, () => scan(one.text, one.name));
}

function copy(one) {
  const where = one.on_loan_to ? fill(words.onLoan, { who: one.on_loan_to }) : inOurs(one.note) || words.onShelf;
  const node = item(one.title, `${where} · ${one.text}`, () => {
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
    const name = wrongNames[one.label] || one.label;
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

async function loadShelf() {
  shelf = { cards: [], copies: [], wrong: [], ...(await ask("shelf")) };
  list("cards", card);
  list("copies", copy);
  wrong();
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
  $("clock").textContent = state.at.slice(0, 16).replace("T", " ");
  $("light").classList.toggle("up", networkUp);
  $("network").textContent = networkUp ? words.networkUp : words.networkDown;
  $("plug").textContent = networkUp ? words.plugOut : words.plugIn;
  paperOut = Boolean(state.paper_out);
  $("paper").textContent = paperOut ? words.paperIn : words.paperOut;
}

async function setClock(at) {
  await act("clock", { at }, fill(words.logClock, { at: at.replace("T", " ") }));
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
  if ($("clock-at").value) setClock($("clock-at").value);
});
for (const button of document.querySelectorAll("[data-clock]")) button.addEventListener("click", () => setClock(button.dataset.clock));
$("plug").addEventListener("click", async () => {
  await act("network", { up: !networkUp }, networkUp ? words.logDown : words.logUp);
  await loadState();
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
    if (!shelf.cards.length) await loadShelf();
  } catch (error) {
    $("light").classList.remove("up");
    console.warn("the station does not answer:", error);
  }
}
setInterval(look, 2000);
look();
