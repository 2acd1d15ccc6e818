"""From a POST to pixels: when a real Chromium has painted what a scan changed.

The page itself tells the moment: a MutationObserver sees the DOM change (the page writes `data-n` last of all), and
the second animation frame after it begins when the first has been handed on to be shown. Which change belongs to
which scan is told by `cue_n`, the running number of the sounds: every scan makes exactly one, and a minute that
passes or a mark that changes makes none.

The POST is sent from this process, not from the page, so that the page does nothing but what a touchscreen does.
`performance.now()` and `time.monotonic()` read the same clock of the kernel; the distance between their zeros is
taken from the quickest of many questions to the page, which bounds its error by half of that question's time.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.plan import BenchError

SIZE = {"width": 1280, "height": 800}
ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-gpu",
]
LATEST_S = 10.0
QUESTIONS = 200

PROBE = """(() => {
  let cue = -1;
  window.painted = [];
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    constructor(...told) {
      super(...told);
      this.addEventListener("message", (event) => {
        cue = Number(/"cue_n": ?([0-9]+)/.exec(event.data)[1]);
      });
    }
  };
  new MutationObserver(() => {
    const mine = cue;
    requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push([mine, performance.now()])));
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-n"] });
})()"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if path is None:
        raise BenchError("no Chromium on this machine; make test installs it, or set CHROMIUM")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page that is looked at in its own window, and the line on which scans are posted to its server."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._page: Page = browser.new_context(viewport=SIZE, locale="zh-CN").new_page()  # type: ignore[arg-type]
        self._page.add_init_script(PROBE)
        self._page.goto(url)
        self._page.wait_for_selector("html[data-n]", state="attached")
        self._page.evaluate("() => document.fonts.ready")
        self._line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=LATEST_S)
        self._zero_s = self._zero()
        self._cue = self._page.evaluate("() => window.painted.at(-1)?.[0] ?? 0")

    def _zero(self) -> float:
        """The page's time zero by this process's clock, in seconds."""
        asked = []
        for _ in range(QUESTIONS):
            begun = time.monotonic()
            told = self._page.evaluate("() => performance.now()")
            took = time.monotonic() - begun
            asked.append((took, begun + took / 2 - told / 1000))
        return min(asked)[1]

    def scan(self, text: str, settle_s: float) -> float:
        """Milliseconds from the start of the POST to the painted page. `settle_s` passes before the page is asked."""
        begun = time.monotonic()
        self._line.request(
            "POST",
            "/demo/scan",
            json.dumps({"text": text}),
            {"Content-Type": "application/json"},
        )
        answer = self._line.getresponse()
        answer.read()
        if answer.status != 200:
            raise BenchError(f"the scan of {text!r} was answered with {answer.status}")
        painted_ms = self._painted(begun, settle_s)
        return (self._zero_s + painted_ms / 1000 - begun) * 1000

    def _painted(self, begun: float, settle_s: float) -> float:
        time.sleep(settle_s)
        while time.monotonic() < begun + LATEST_S:
            found = self._page.evaluate("(cue) => painted.filter((p) => p[0] > cue)", self._cue)
            if found:
                self._cue = found[-1][0]
                first: float = found[0][1]
                return first
            time.sleep(0.02)
        raise BenchError(f"a scan was not on the screen after {LATEST_S:g} s")

    def lit(self) -> str:
        """The words of the newest line, to see that a scan did what it should."""
        words: str = self._page.evaluate("() => document.getElementById('app').innerText")
        return words

    def close(self) -> None:
        self._line.close()
        self._page.context.close()
