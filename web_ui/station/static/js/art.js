// Drawings of our own, as SVG in the colour of their surroundings.

const draw = (box, body, width = 4) =>
  `<svg viewBox="0 0 ${box}" fill="none" stroke="currentColor" stroke-width="${width}" ` +
  `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`;

export const art = {
  card: draw("64 64", '<rect x="6" y="14" width="52" height="36" rx="6"/><path d="M14 30h12M14 39h18"/><path d="M40 26v14M45 26v14M50 26v14" stroke-width="3"/>'),
  no_card: draw("64 64", '<rect x="6" y="14" width="52" height="36" rx="6"/><path d="M14 30h12M14 39h10"/><path d="M45 26v14M50 26v14" stroke-width="3"/><path d="M12 56 52 8"/>'),
  book: draw("64 64", '<path d="M16 8h34v48H18a6 6 0 0 1-6-6V12a4 4 0 0 1 4-4z"/><path d="M12 50a5 5 0 0 1 6-5h32"/><path d="M24 17v12M29 17v12M34 17v12M39 17v12" stroke-width="3"/>'),
  tick: draw("64 64", '<circle cx="32" cy="32" r="25"/><path d="m21 33 8 8 15-17"/>'),
  check: draw("64 64", '<path class="stroke-in" d="m14 34 13 13 24-28"/>', 9),
  cross: draw("64 64", '<path d="M20 20l24 24M44 20 20 44"/>', 9),
  look: draw("64 64", '<path d="M32 14v24"/><path d="M32 49v1"/>', 9),
  cart: draw("64 64", '<path d="M8 12v34h48V12"/><path d="M18 14v18M28 14v18M40 12l-6 20M50 16v16M8 36h48"/><circle cx="18" cy="54" r="3"/><circle cx="46" cy="54" r="3"/>'),
  up: draw("64 64", '<path d="m14 40 18-18 18 18"/>', 7),
  down: draw("64 64", '<path d="m14 24 18 18 18-18"/>', 7),
  contrast: draw("64 64", '<circle cx="32" cy="32" r="22"/><path d="M32 10a22 22 0 0 1 0 44z" fill="currentColor"/>'),
  erase: draw("64 64", '<path d="M24 16h32v32H24L8 32z"/><path d="m33 26 12 12M45 26 33 38"/>'),
  star: draw("64 64", '<path d="m32 8 7 16 17 2-13 12 4 17-15-9-15 9 4-17L8 26l17-2z"/>'),
  phone: draw("64 64", '<rect x="18" y="6" width="28" height="52" rx="5"/><path d="M28 50h8"/>'),
};

const scene = (body) =>
  `<svg viewBox="0 0 320 240" fill="none" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`;

const reader =
  '<path class="a-ink" d="M216 208h72M252 208v-28"/><rect class="a-ink a-card" x="214" y="132" width="76" height="48" rx="12"/>' +
  '<path class="a-red" d="M214 156 132 120M214 160l-82 0M214 164l-82 40"/>';
const bars = (x, y, height, cls = "") =>
  [0, 6, 14, 20, 30, 36, 44].map((dx) => `<path class="a-bar ${cls}" d="M${x + dx} ${y}v${height}"/>`).join("");

export const scenes = {
  borrow: scene(
    '<rect class="a-ink a-card" x="28" y="42" width="118" height="76" rx="12"/><circle class="a-leaf" cx="56" cy="72" r="12"/>' +
    '<path class="a-soft" d="M42 102h40"/>' + bars(88, 62, 40, "a-on-card") +
    '<path class="a-ink a-leaf" d="M44 138h88v76H54a10 10 0 0 1-10-10z"/><path class="a-white" d="M60 138v66"/>' +
    '<rect class="a-label" x="72" y="158" width="52" height="34" rx="4"/>' + bars(76, 164, 22) + reader),
  return: scene(
    '<path class="a-ink a-leaf" d="M40 96h92v104H52a12 12 0 0 1-12-12z"/><path class="a-white" d="M58 96v94"/>' +
    '<rect class="a-label" x="70" y="128" width="52" height="36" rx="4"/>' + bars(74, 134, 24) + reader +
    '<path class="a-sun" d="M176 84c0-36 52-46 70-16"/><path class="a-sun" d="m252 46-4 24-24-4"/>'),
  loans: scene(
    '<rect class="a-ink a-card" x="22" y="24" width="276" height="180" rx="16"/><path class="a-ink" d="M120 228h80M160 204v24"/>' +
    '<rect class="a-leaf" x="44" y="48" width="34" height="46" rx="4"/><path class="a-soft" d="M94 62h110M94 80h70"/><path class="a-tick" d="m248 70 10 10 18-22"/>' +
    '<rect class="a-blue" x="44" y="104" width="34" height="46" rx="4"/><path class="a-soft" d="M94 118h90M94 136h80"/><path class="a-tick" d="m248 126 10 10 18-22"/>' +
    '<rect class="a-brick" x="44" y="160" width="34" height="30" rx="4"/><path class="a-soft" d="M94 174h110"/><rect class="a-sunbox" x="236" y="160" width="46" height="28" rx="8"/>'),
  isbn: scene(
    '<path class="a-ink a-back" d="M20 30h122v186H20z"/><path class="a-soft" d="M36 54h90M36 72h76M36 90h84"/>' +
    '<rect class="a-label" x="64" y="160" width="64" height="42" rx="3"/>' + bars(73, 166, 22) +
    '<path class="a-soft a-thin" d="M72 195h48"/><path class="a-no" d="m56 152 80 58M136 152l-80 58"/>' +
    '<path class="a-ink a-leaf" d="M178 30h122v186H190a12 12 0 0 1-12-12z"/><path class="a-white" d="M196 30v174"/>' +
    '<rect class="a-label" x="212" y="50" width="72" height="54" rx="4"/><path class="a-bar a-thin" d="M222 62h52"/>' + bars(225, 70, 24) +
    '<circle class="a-ring" cx="248" cy="77" r="52"/>'),
  card: scene(
    '<rect class="a-ink a-card" x="60" y="54" width="200" height="128" rx="18"/><circle class="a-soft" cx="108" cy="102" r="20"/>' +
    '<path class="a-soft" d="M84 150h64"/>' + bars(176, 90, 62, "a-on-card") + '<circle class="a-sunbox" cx="252" cy="176" r="34"/><path class="a-ink" d="M242 168c0-14 22-14 22 0 0 9-12 9-12 18M252 196v1"/>'),
  book: scene(
    '<path class="a-ink a-card" d="M92 36h136v168H106a14 14 0 0 1-14-14z"/><path class="a-soft" d="M114 36v154"/>' +
    '<rect class="a-label" x="138" y="84" width="68" height="48" rx="4"/>' + bars(150, 92, 32) +
    '<circle class="a-sunbox" cx="232" cy="180" r="34"/><path class="a-ink" d="M222 172c0-14 22-14 22 0 0 9-12 9-12 18M232 200v1"/>'),
  again: scene(
    '<rect class="a-label a-ink" x="44" y="104" width="112" height="80" rx="8"/>' +
    [0, 10, 26, 36, 52, 62, 74].map((dx) => `<path class="a-bar a-wide" d="M${64 + dx} 120v48"/>`).join("") +
    '<path class="a-ink" d="M216 208h72M252 208v-28"/><rect class="a-ink a-card" x="214" y="120" width="76" height="60" rx="12"/>' +
    '<path class="a-red" d="M214 144H62"/><path class="a-sun" d="M100 66c14-34 78-34 96-4"/><path class="a-sun" d="m202 36-4 28-26-8"/>'),
};

// Is it about the card, and no book of ours?
export function isOfCard(reason) {
  return reason.startsWith("card") || reason === "unknown_card" || reason === "patron_blocked";
}

export function sceneFor(reason) {
  if (reason === "isbn_not_label") return scenes.isbn;
  if (isOfCard(reason)) return scenes.card;
  return reason === "unreadable" || reason === "try_again" ? scenes.again : scenes.book;
}
