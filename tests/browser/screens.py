"""Pictures of the running station: python -m tests.browser.screens FOLDER [DOCUMENT].

With a document (README.md) only the pictures that it shows are kept.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from kiosk.bootstrap import Running, start
from kiosk.bootstrap_demo import lay_out
from kiosk.folders import Folders
from kiosk.screen import Touch
from tests.web_ui.browse import SIZES, chromium, goto

NAMES = {"wide": "landscape", "tall": "portrait"}


Keep = Callable[[str, bytes], None]


class Photographer:
    """One station and one page; `shoot` waits until what was done last is painted."""

    def __init__(self, running: Running, page: Page, size: str, keep: Keep) -> None:
        self.running, self.page, self.size, self.keep = running, page, size, keep
        assert running.hands is not None
        self.hands = running.hands
        shelf = self.hands.shelf()
        self.cards = {card["name"]: card["text"] for card in reversed(shelf["cards"])}
        self.copies = {
            c["title"]: c["text"] for c in reversed(shelf["copies"]) if not c["on_loan_to"]
        }
        self.lent = {c["title"]: c["text"] for c in reversed(shelf["copies"]) if c["on_loan_to"]}

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.hands.scan(text)
        self.running.station.settled()

    def touch(self, touch: Touch, text: str = "") -> None:
        visit = self.running.station.screen.visit
        self.running.station.touch(touch, visit=visit.id if visit else None, text=text)

    def shoot(self, name: str) -> None:
        language = self.running.station.screen.language
        while (
            int(self.page.evaluate("document.documentElement.dataset.n"))
            < self.running.station.screen.n
        ):
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(400)
        self.keep(f"{name}-{language}-{NAMES[self.size]}.png", self.page.screenshot())


def idle(camera: Photographer) -> None:
    camera.shoot("idle")


def visit(camera: Photographer) -> None:
    books = [camera.copies[title] for title in ("海底两万里", "昆虫记", "辞海（第七版）")]
    camera.scan(camera.cards["李小满"], *books)
    camera.shoot("visit")
    camera.touch(Touch.SLIP)
    camera.shoot("slip")
    camera.touch(Touch.FINISH)


def refused(camera: Photographer) -> None:
    camera.scan(camera.cards["张子轩"], camera.copies["草房子"])
    camera.shoot("refused")
    camera.touch(Touch.FINISH)


def returns(camera: Photographer) -> None:
    camera.scan(camera.lent["城南旧事"], camera.copies["海底两万里"], camera.copies["昆虫记"])
    camera.shoot("returns")
    camera.touch(Touch.HOME)


def young(camera: Photographer) -> None:
    camera.scan(camera.cards["王安安"], camera.copies["小猪唏哩呼噜"])
    camera.shoot("young")
    camera.touch(Touch.FINISH)


def pages(camera: Photographer) -> None:
    camera.touch(Touch.FIND)
    for letter in "hlm":
        camera.touch(Touch.KEY, letter)
    camera.shoot("find")
    camera.touch(Touch.HOME)
    camera.touch(Touch.NUMBER)
    camera.shoot("number")
    camera.touch(Touch.HOME)
    camera.touch(Touch.GUIDE_BORROW)
    camera.shoot("guide")
    camera.touch(Touch.HOME)
    camera.scan("9787020002207")
    camera.shoot("isbn")
    camera.touch(Touch.HOME)


def staff(camera: Photographer) -> None:
    """What staff see who hold the status mark while the network is cut."""
    camera.hands.set_network(False)
    while camera.running.station.screen.status.online is not False:
        camera.page.wait_for_timeout(100)
    camera.touch(Touch.STAFF)
    camera.shoot("staff")
    camera.hands.set_network(True)
    camera.touch(Touch.HOME)


SCENES: tuple[Callable[[Photographer], None], ...] = (
    idle,
    pages,
    visit,
    refused,
    young,
    returns,
    staff,
)


def main(folder: str, document: str = "") -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    shown = Path(document).read_text(encoding="utf-8") if document else ""

    def keep(name: str, picture: bytes) -> None:
        if not document or f"/{name})" in shown:
            (out / name).write_bytes(picture)

    with chromium() as browser:
        for size in SIZES:
            for english in (False, True):
                with tempfile.TemporaryDirectory() as data:
                    take_all(Path(data), browser, size, english, keep)


def take_all(data: Path, browser: Browser, size: str, english: bool, keep: Keep) -> None:
    """A fresh demo, and every scene in it."""
    running = start(Folders(lay_out(data)), port=0, demo=True)
    serving = threading.Thread(target=running.serve)
    serving.start()
    page = browser.new_page(viewport=SIZES[size], locale="zh-CN", has_touch=True)
    goto(page, running.server.url)
    camera = Photographer(running, page, size, keep)
    for scene in SCENES:
        if english and running.station.screen.language == "zh":
            camera.touch(Touch.LANGUAGE)
        scene(camera)
    page.close()
    running.stop()
    serving.join(10)


if __name__ == "__main__":
    main(*sys.argv[1:])
