// The line to the station: screens come in, touches go out one after the other.

const SILENT_MS = 12000;
const BROKEN_MS = 1500;
const RETRY_MS = 1000;

export function listen({ onScreen, onSilent }) {
  let source = null;
  let heardAt = performance.now();
  let silent = false;
  let brokenAt = null;

  function heard() {
    heardAt = performance.now();
    brokenAt = null;
    if (silent) onSilent((silent = false));
  }

  function open() {
    if (source) source.close();
    source = new EventSource("/events");
    source.onmessage = (event) => {
      heard();
      onScreen(JSON.parse(event.data));
    };
    source.addEventListener("beat", heard);
    source.onerror = () => { brokenAt ??= performance.now(); };
  }

  // The browser reconnects by itself after a broken line, but not after a refusal, and a line
  // that is only silent looks whole to it: so this looks too.
  setInterval(() => {
    const quiet = performance.now() - heardAt;
    const broken = brokenAt !== null && performance.now() - brokenAt > BROKEN_MS;
    if ((broken || quiet > SILENT_MS) && !silent) onSilent((silent = true));
    if (source.readyState === EventSource.CLOSED || quiet > 2 * SILENT_MS) {
      if (quiet > 2 * SILENT_MS) heardAt = performance.now() - SILENT_MS - RETRY_MS;
      open();
    }
  }, RETRY_MS);
  open();
}

let chain = Promise.resolve();

// Touches are sent strictly in turn, so that quickly pressed keys cannot overtake each other.
export function send(touch) {
  chain = chain.then(() => post(touch));
  return chain;
}

async function post(touch) {
  try {
    const answer = await fetch("/touch", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(touch),
      signal: AbortSignal.timeout(5000),
    });
    return (await answer.json()).ok === true;
  } catch (error) {
    console.warn("a touch was not sent:", error);
    return false;
  }
}
