"""How the station is: one line a part, green, yellow or red, what it means and what to do. Also the marks on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.scan import Scanner
from kiosk import journal
from kiosk.calendar import calendar_warning
from kiosk.clock import Clock
from kiosk.rulebook import Rulebook
from kiosk.screen import Status
from kiosk.store.store import Store

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
        "store": _store(parts.store),
        "scanner": _scanner(parts.scanners),
        "clock": _clock(parts.clock),
        "rules": _rules(parts.rulebook, parts.clock),
    }
    return {
        "state": max((str(line["state"]) for line in lines.values()), key=_WORST.index),
        **lines,
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
        str(line["what"])
        for line in (
            _scanner(parts.scanners),
            _rules(parts.rulebook, parts.clock),
            _clock(parts.clock),
        )
        if line["state"] != "green"
    )
    return Status(
        unsent=unsent, online=parts.online(), trouble=trouble, store_full=parts.store.nearly_full()
    )


def _line(state: str, what: str, todo: str = "") -> dict[str, object]:
    return {"state": state, "what": what, "do": todo}


def _store(store: Store) -> dict[str, object]:
    free = store.free_mb()
    if store.nearly_full():
        return _line(
            "red",
            f"{store.folder}: {free} MB free; checkouts have stopped, returns go on",
            "free some space on this disk",
        )
    return _line("green", f"{store.path}: {free} MB free")


def _scanner(scanners: Sequence[Scanner]) -> dict[str, object]:
    if not scanners:
        return _line("red", "station.toml names no scanner", "add a [[scanners]] table")
    lines = [scanner.health() for scanner in scanners]
    return max(lines, key=lambda line: _WORST.index(str(line["state"])))


def _clock(clock: Clock) -> dict[str, object]:
    now = clock.now()
    if now.sure:
        return _line("green", f"{now.local:%Y-%m-%d %H:%M:%S}")
    return _line(
        "yellow",
        f"the clock reads {now.local:%Y-%m-%d %H:%M} and cannot be trusted; windows are not enforced",
        "connect the network, or set the time and run: kiosk clock confirm",
    )


def _rules(rulebook: Rulebook, clock: Clock) -> dict[str, object]:
    if rulebook.trouble:
        return _line(
            "yellow",
            f"library.toml was changed but not taken up: {rulebook.trouble}",
            "correct the file; the rules from before it stay in force",
        )
    ends = calendar_warning(rulebook.current, clock.now().local.date())
    if ends:
        return _line(
            "yellow",
            f"holidays and exchanged working days are known only to {ends}",
            "write the coming year's closures and open_days into library.toml",
        )
    return _line("green", f"library.toml, {rulebook.current.digest[:12]}")
