// Scans in a row: a form with data-scan is sent without leaving the page, and the part of the page that it names comes
// new. The field is empty again at once, so that no scan is lost while one is on its way; they are sent in their order.

for (const form of document.querySelectorAll("form[data-scan]")) {
  const field = form.querySelector("input[autofocus]");
  const part = form.dataset.scan;
  const waiting = new Set();
  let last = Promise.resolve();

  form.addEventListener("submit", (event) => {
    if (!field.value.trim()) return;
    event.preventDefault();
    const sent = new URLSearchParams(new FormData(form));
    waiting.add(sent);
    field.value = "";
    field.focus();
    last = last.then(() => send(sent)).catch(() => say(`${form.dataset.failed} ${sent.get(field.name)}`));
  });

  async function send(sent) {
    waiting.delete(sent);
    const answer = await fetch(form.action, { method: "POST", body: sent });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(part);
    if (!fresh) throw new Error("this is another page");
    document.querySelector(part).replaceWith(fresh);
    // A shelf's label among the scans says where the next ones stand, those that wait already too.
    const place = form.querySelector("select"), now = page.getElementById(place?.id);
    if (now && now.value !== sent.get(place.name)) move(place, sent.get(place.name), now.value);
    const why = page.querySelector("main > [role=alert]");
    if (why) say(why.textContent);
  }

  // A shelf that was chosen by hand in the meantime stays as it is.
  function move(place, from, to) {
    if (place.value === from) place.value = to;
    for (const sent of waiting) if (sent.get(place.name) === from) sent.set(place.name, to);
  }

  // What was not taken stays to be read until the page is loaded again.
  function say(words) {
    const line = document.createElement("p");
    line.className = "alert alert-danger";
    line.setAttribute("role", "alert");
    line.textContent = words;
    form.after(line);
  }
}
