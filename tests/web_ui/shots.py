"""Pictures of every screen in both sizes and languages: python -m tests.web_ui.shots FOLDER [NAME ...]."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from tests.web_ui.browse import SIZES, chromium, serving
from tests.web_ui.looks import looks


def main(folder: str, *names: str) -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    chosen = {name: look for name, look in looks().items() if not names or name in names}
    first = next(iter(chosen.values()))
    with serving(first) as (station, url, _), chromium() as browser:
        for size, viewport in SIZES.items():
            page = browser.new_page(viewport=viewport, locale="zh-CN", has_touch=True)
            page.on("console", lambda m: print("console:", m.text))
            page.on("pageerror", lambda e: print("error:", e))
            page.goto(url)
            for language in ("zh", "en"):
                for name, look in chosen.items():
                    n = station.show(replace(look, language=language))
                    page.wait_for_selector(f'html[data-n="{n}"]', state="attached", timeout=20000)
                    page.evaluate("() => document.fonts.ready")
                    page.wait_for_timeout(260)
                    page.screenshot(path=out / f"{size}_{language}_{name}.png")
            page.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
