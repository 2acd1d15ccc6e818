// A small keyed renderer: describes a page with h(), then changes only what differs.
// A keyed child that was not in its parent before gets the class "enter", unless the parent is new too.

export function h(tag, attrs, ...kids) {
  const flat = [];
  flatten(kids, flat);
  return { tag, attrs: attrs || {}, kids: flat };
}

function flatten(kids, into) {
  for (const kid of kids) {
    if (kid === null || kid === undefined || kid === false || kid === "") continue;
    if (Array.isArray(kid)) flatten(kid, into);
    else into.push(kid);
  }
}

const described = new WeakMap();

export function patch(parent, nested, fresh = false) {
  const kids = [];
  flatten(nested, kids);
  const old = Array.from(parent.childNodes);
  const keyed = new Map();
  const loose = [];
  for (const node of old) {
    const key = described.get(node)?.attrs.key;
    if (key !== undefined) keyed.set(key, node);
    else loose.push(node);
  }
  const used = new Set();
  for (const kid of kids) used.add(settle(kid, keyed, loose, used, fresh));
  // What goes, goes first: a node that stays is then never moved past it, and so never slides in again.
  for (const node of old) if (!used.has(node)) node.remove();
  let place = parent.firstChild;
  for (const node of used) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

function settle(kid, keyed, loose, used, fresh) {
  if (typeof kid !== "object") return settleText(String(kid), loose, used);
  const key = kid.attrs.key;
  const found = key !== undefined ? keyed.get(key) : takeLoose(kid.tag, loose, used);
  if (found && !used.has(found) && described.get(found).tag === kid.tag) {
    update(found, kid, false);
    return found;
  }
  const node = document.createElement(kid.tag);
  update(node, kid, true);
  if (key !== undefined && !fresh) node.classList.add("enter");
  return node;
}

function settleText(text, loose, used) {
  const node = loose.find((n) => n.nodeType === Node.TEXT_NODE && !used.has(n));
  if (!node) return document.createTextNode(text);
  if (node.data !== text) node.data = text;
  return node;
}

function takeLoose(tag, loose, used) {
  return loose.find((n) => !used.has(n) && described.get(n)?.tag === tag);
}

function update(node, next, fresh) {
  const before = described.get(node)?.attrs || {};
  described.set(node, next);
  for (const name of Object.keys(before)) {
    if (!(name in next.attrs)) assign(node, name, undefined);
  }
  for (const [name, value] of Object.entries(next.attrs)) {
    if (before[name] !== value) assign(node, name, value);
  }
  // What ticks is written by the clock, not drawn anew with each screen.
  if (next.attrs.html === undefined && !next.attrs["data-tick"]) patch(node, next.kids, fresh);
}

function assign(node, name, value) {
  if (name === "key") return;
  if (name === "html") {
    node.innerHTML = value || "";
  } else if (name === "class") {
    const entering = node.classList.contains("enter");
    node.className = value || "";
    if (entering) node.classList.add("enter");
  } else if (value === undefined || value === null || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}
