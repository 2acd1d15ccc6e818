"""Scans as a queue of pupils makes them, timed to the painted screen, in turn with pushes of the bare peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from kiosk.bootstrap_demo import lay_out
from tests.bench import stores
from tests.bench.painting import Watched, chromium
from tests.bench.plan import PATRONS
from tests.bench.programs import push_peer, station
from tests.bench.rows import Row, median, quantile

PEER = "bare Flask + waitress + EventSource push"
WARM_UP = 24
# A copy comes back so many rounds after it was lent: long after the time in which it would count as the same scan.
BACK_AFTER = 20
# Seconds from a painted scan to the next: quicker than any pupil, and at random, so that no rhythm is kept with the
# frames of the browser. CROWDED falls into the movement with which the page shows the scan before.
PUPILS_S = (0.30, 0.40)
CROWDED_S = (0.10, 0.14)
_BARE_S = (0.05, 0.07)


@dataclass(slots=True)
class Seen:
    """Milliseconds from POST to paint: of the station's scans by kind, and of the bare pushes between them."""

    scans: list[tuple[str, float]] = field(default_factory=list)
    pushes: list[float] = field(default_factory=list)

    def of(self, kind: str = "") -> list[float]:
        return [ms for seen, ms in self.scans if kind in ("", seen)]

    def rows(
        self, name: str, *, median_most: float | None, p99_most: float, when: str = ""
    ) -> list[Row]:
        scans, pushes = self.of(), self.pushes
        first = [
            Row(name, f"median{when}", median(scans), "ms", PEER, median(pushes), most=median_most),
            Row(
                name,
                f"p99{when}",
                quantile(scans, 0.99),
                "ms",
                PEER,
                quantile(pushes, 0.99),
                most=p99_most,
            ),
        ]
        kinds = sorted({kind for kind, _ in self.scans})
        return first + [
            Row(name, f"median{when}, {k}", median(self.of(k)), "ms", PEER, median(pushes))
            for k in kinds
        ]


def furnish(folder: Path) -> Path:
    """A demo's folder with a store of full size in it; gives the folder of its settings."""
    config = lay_out(folder)
    stores.big_store(folder / "data")
    return config


def watch(
    folder: Path, more: Callable[[Seen], bool], pace_s: tuple[float, float], *, first: int = 0
) -> Seen:
    """Scan at the station of this folder, from pupil `first`, as long as `more` says of what has been seen so far."""
    seen = Seen()
    dice = Random(5)
    with (
        station(folder) as url,
        push_peer() as bare_url,
        chromium() as browser,
        closing(Watched(browser, url)) as screen,
        closing(Watched(browser, bare_url)) as bare,
    ):
        for n, (kind, text) in enumerate(queue_of_pupils(first)):
            took = screen.scan(text, dice.uniform(*pace_s))
            push = bare.scan("", dice.uniform(*_BARE_S))
            if n >= WARM_UP:
                seen.scans.append((kind, took))
                seen.pushes.append(push)
                if not more(seen):
                    return seen
    raise AssertionError("the queue of pupils ended")


def queue_of_pupils(first: int = 0) -> Iterator[tuple[str, str]]:
    """(kind, text): each pupil's card, two books to borrow, and one that somebody borrowed a while ago."""
    for n in range(first, PATRONS):
        yield "card", stores.card(n + 1)
        yield "checkout", stores.copy(2 * n + 1)
        yield "checkout", stores.copy(2 * n + 2)
        if n >= first + BACK_AFTER:
            yield "return", stores.copy(2 * (n - BACK_AFTER) + 1)
