"""A station and hands for the pages to speak to; both keep what they were sent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kiosk.screen import Screen, Touch
from kiosk.signs import Condition, Sign
from tests.web_ui.samples import LOCAL


@dataclass(frozen=True)
class Touched:
    touch: Touch
    visit: str | None
    line: int | None
    text: str


class FakeStation:
    """Shows the screens it is given with `show`."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._changed = threading.Condition()
        self.touched: list[Touched] = []
        self.visits: dict[str, Screen] = {}
        self.allow = True
        self.delays_s: list[float] = []

    @property
    def screen(self) -> Screen:
        return self._screen

    def show(self, screen: Screen, **changes: Any) -> int:
        """Puts a screen up under the next number and returns that number."""
        with self._changed:
            self._screen = replace(screen, n=self._screen.n + 1, **changes)
            self._changed.notify_all()
            return self._screen.n

    def wait(self, after_n: int, timeout_s: float) -> Screen | None:
        with self._changed:
            self._changed.wait_for(lambda: self._screen.n > after_n, timeout_s)
            return self._screen if self._screen.n > after_n else None

    def touch(
        self, touch: Touch, *, visit: str | None, line: int | None = None, text: str = ""
    ) -> bool:
        time.sleep(self.delays_s.pop(0) if self.delays_s else 0)
        self.touched.append(Touched(touch, visit, line, text))
        return self.allow

    def screen_of_visit(self, visit_id: str) -> Screen | None:
        return self.visits.get(visit_id)

    def signs(self) -> tuple[Sign, ...]:
        return (Sign(Condition.SCANNER_OK, "scanner: works"),)

    def health(self) -> dict[str, Any]:
        return {"ok": True, "unsent": 0}


@dataclass
class FakeHands:
    scanned: list[str] = field(default_factory=list)
    clock_at: datetime = LOCAL
    network_up: bool = True
    reads: bool = True
    paper_out: bool = False
    console_url: str | None = None

    def scan(self, text: str) -> bool:
        if self.reads:
            self.scanned.append(text)
        return self.reads

    def set_clock(self, local_iso: str) -> None:
        self.clock_at = datetime.fromisoformat(local_iso).replace(tzinfo=LOCAL.tzinfo)

    def set_network(self, up: bool) -> None:
        self.network_up = up

    def clash(self) -> dict[str, str]:
        return {"barcode": "B000001", "title": "昆虫记", "patron": "李小满"}

    def set_paper(self, out: bool) -> None:
        self.paper_out = out

    def shelf(self, changed_since: int | None = None) -> dict[str, Any]:
        if changed_since is not None:
            return {"n": changed_since, "copies": []}
        names = ("李小满", "王安安", "陈一诺", "Alice Green")
        return {
            "n": 1,
            "cards": [
                {
                    "text": f"C{i:05}",
                    "name": names[i % 4],
                    "category": "student",
                    "grade": i % 6 + 1,
                    "class_name": f"{'一二三四五六'[i % 6]}年级 {i % 5 + 1} 班",
                    "patron": f"p{i}",
                    "state": "lost" if i == 3 else "active",
                    "blocked": i == 4,
                    "expires_on": "2026-07-15" if i == 5 else "2030-07-15",
                    "limit": 1,
                    "young": i % 6 < 2,
                }
                for i in range(1200)
            ],
            "copies": [
                {
                    "text": f"B{i:06}",
                    "title": title,
                    "type": "book",
                    "on_loan_to": "李小满" if i == 1 else None,
                    **({"holder": "p0", "due_on": "2026-11-01"} if i == 1 else {}),
                    "shelf": f"第 {i} 架",
                }
                for i, title in enumerate(
                    ("昆虫记", "海底两万里", "城南旧事", "红楼梦", "夏洛的网") * 40
                )
            ],
            "wrong": [
                {"text": "9787020002207", "label": "书店的条码"},
                {"text": "ZZZ-999", "label": "不认识的条码"},
                {"text": "\x1b[2J\x00\x07", "label": "控制字符"},
            ],
        }

    def tray(self) -> list[dict[str, Any]]:
        return [
            {
                "at": LOCAL.isoformat(),
                "text": "借书小票\n昆虫记，12月9日前还",
                "html": "<p>借书小票</p>",
            }
        ]
