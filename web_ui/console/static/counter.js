// The counter with a script: the page stays, its box keeps the focus, and scans wait for each other.
// Without it everything is the same: the forms are sent, and the page that comes has the focus in its box.

let last = Promise.resolve();
let waiting = 0;

const box = () => document.querySelector("[data-box]");

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form || !form.checkValidity()) return;
  event.preventDefault();
  const sent = new FormData(form, event.submitter);
  const at = { url: form.action, get: form.method === "get", queue: form.hasAttribute("data-queue") };
  const field = box();
  if (field && form.contains(field)) {
    if (!field.value.trim()) return;
    // The next scan may come before this one is answered.
    field.value = "";
  }
  waiting += 1;
  form.setAttribute("aria-busy", "true");
  last = last.then(() => send(at, sent)).finally(() => (waiting -= 1));
});

async function send(at, sent) {
  try {
    const target = at.queue ? here(at.url) : at.url;
    const token = document.querySelector("input[name=token]");
    if (sent.has("token") && token) sent.set("token", token.value);
    const query = new URLSearchParams(sent);
    const answer = at.get
      ? await fetch(`${target}?${query}`)
      : await fetch(target, { method: "POST", body: query, headers: { Accept: "text/html" } });
    show(await answer.text(), answer.url, at.get || answer.redirected);
  } catch {
    // The line is down: what the browser says of it is plainer than anything here.
    location.reload();
  }
}

// A card that was scanned in between has changed who stands here: the copy is meant for them.
function here(url) {
  const form = document.querySelector("form[data-queue]");
  return form ? form.action : url;
}

function show(text, url, moved) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("main");
  if (!fresh) return location.reload();
  const typed = box() ? box().value : "";
  document.querySelector("main").replaceWith(fresh);
  document.title = page.title;
  if (moved) history.replaceState(null, "", url);
  const field = box();
  if (!field) return ready();
  field.value = typed;
  field.focus();
  ready();
}

// A scanner types wherever the focus is: away from a field, what it types belongs into the box.
document.addEventListener("keydown", (event) => {
  const field = box();
  const plain = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  const free = !event.target.closest("input, select, textarea, button, a, summary");
  if (field && plain && free && event.key !== " ") field.focus();
});

function ready() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.onclick = () => window.print();
  }
}
ready();
