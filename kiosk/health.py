"""How the station is: one line a part, green, yellow or red, what it means and what to do. Also the marks on screen.

A line is {"state": ..., "what": ..., "do": ...}. The words for these states stand here only: /health, the marks and
`kiosk check` say the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from drivers.scan import Scanner
from kiosk import journal
from kiosk.calendar import calendar_warning
from kiosk.clock import Clock
from kiosk.rulebook import Rulebook
from kiosk.screen import Status
from kiosk.store.store import Store

Line = dict[str, object]
_WORST = ("green", "yellow", "red")


@dataclass(frozen=True, slots=True)
class Parts:
    """What health looks at. online: is the line to the central record up (None: there is no central record)."""

    store: Store
    clock: Clock
    rulebook: Rulebook
    scanners: Sequence[Scanner]
    online: Callable[[], bool | None]


def report(parts: Parts) -> dict[str, object]:
    """All of /health: `state` is the worst of the parts."""
    with parts.store.read() as tx:
        length, unsent = journal.length(tx), journal.unsent(tx)
    lines = {
        "store": store_line(parts.store),
        "scanner": _scanner(parts.scanners),
        "clock": clock_line(parts.clock),
        "rules": rules_line(parts.rulebook),
        "calendar": calendar_line(parts.rulebook, parts.clock),
    }
    return {
        "state": worst(lines.values())["state"],
        **lines,
        "scanners": scanner_lines(parts.scanners),
        "pid": os.getpid(),
        "journal_length": length,
        "unsent_entries": unsent,
        "online": parts.online(),
        "rules_digest": parts.rulebook.current.digest,
    }


def marks(parts: Parts) -> Status:
    """The small marks on the touchscreen, read once a second."""
    with parts.store.read() as tx:
        unsent = journal.unsent(tx)
    trouble = tuple(
        str(one["what"])
        for one in (
            _scanner(parts.scanners),
            rules_line(parts.rulebook),
            calendar_line(parts.rulebook, parts.clock),
            clock_line(parts.clock),
        )
        if one["state"] != "green"
    )
    return Status(
        unsent=unsent, online=parts.online(), trouble=trouble, store_full=parts.store.nearly_full()
    )


def line(state: str, what: str, todo: str = "") -> Line:
    return {"state": state, "what": what, "do": todo}


def worst(lines: Iterable[Line]) -> Line:
    """The first of the lines in the worst state."""
    return max(lines, key=lambda one: _WORST.index(str(one["state"])))


def store_line(store: Store) -> Line:
    try:
        free = store.free_mb()
    except OSError as error:
        return line(
            "red",
            f"{store.folder}: the disk does not answer ({error.strerror})",
            "look at the disk",
        )
    if store.nearly_full():
        return line(
            "red",
            f"{store.folder}: {free} MB free; checkouts have stopped, returns go on",
            "free some space on this disk",
        )
    return line("green", f"{store.path}: {free} MB free")


def _scanner(scanners: Sequence[Scanner]) -> Line:
    if not scanners:
        return line("red", "station.toml names no scanner", "add a [[scanners]] table")
    return worst(scanner_lines(scanners))


def scanner_lines(scanners: Sequence[Scanner]) -> list[Line]:
    """One line for each scanner, in the order of station.toml."""
    return [scanner.health() for scanner in scanners]


def clock_line(clock: Clock) -> Line:
    now = clock.now()
    if now.sure:
        return line("green", f"{now.local:%Y-%m-%d %H:%M:%S}")
    return line(
        "yellow",
        f"the clock reads {now.local:%Y-%m-%d %H:%M} and cannot be trusted; windows are not enforced",
        "connect the network, or set the time and run: kiosk clock confirm",
    )


def rules_line(rulebook: Rulebook) -> Line:
    if rulebook.trouble:
        return line(
            "yellow",
            f"library.toml was changed but not taken up: {rulebook.trouble}",
            "correct the file; the rules from before it stay in force",
        )
    return line("green", f"library.toml, {rulebook.current.digest[:12]}")


def calendar_line(rulebook: Rulebook, clock: Clock) -> Line:
    ends = calendar_warning(rulebook.current, clock.now().local.date())
    if ends:
        return line(
            "yellow",
            f"holidays and exchanged working days are known only to {ends}",
            "write the coming year's closures and open_days into library.toml",
        )
    return line("green", "holidays and exchanged working days are known far enough ahead")
