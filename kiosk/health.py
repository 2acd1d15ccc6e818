"""How the station is: one sign a part, green, yellow or red, what it means and what to do. Also the marks on screen.

In /health a sign is the line {"state": ..., "what": ..., "do": ..., "code": ...}. The English for these states stands
here only: /health, the marks and `kiosk check` say the same; the staff's page has words of its own for every code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from config.station import Station as Settings
from drivers.scan import Scanner
from kiosk import journal
from kiosk.calendar import calendar_data_ends, calendar_warning
from kiosk.clock import Clock
from kiosk.rulebook import Rulebook
from kiosk.screen import Status
from kiosk.signs import Condition, Exchange, Light, Part, Sign
from kiosk.store.lineage import AS_OF, lineage, number
from kiosk.store.outgoing import oldest_unsent_ms
from kiosk.store.store import Store

Line = dict[str, object]
_WORST = tuple(Light)
PRINTER = "[printer]"
_PASTE = "run `kiosk probe`, and paste the lines that it prints into station.toml"


@dataclass(frozen=True, slots=True)
class Parts:
    """What health looks at. online: is the line up (None: there is none to look at).

    central: whether a central record is configured. exchange: how the exchange with it goes; None: not enrolled.
    printer: its health as a driver tells it; None: there is none.
    simulated: the pretended devices, as `simulated` names them; they are trouble everywhere but in the demo.
    """

    store: Store
    clock: Clock
    rulebook: Rulebook
    scanners: Sequence[Scanner]
    online: Callable[[], bool | None]
    central: bool = False
    exchange: Callable[[], Exchange] | None = None
    printer: Callable[[], Line] | None = None
    simulated: frozenset[str] = frozenset()


def simulated(settings: Settings) -> frozenset[str]:
    """The pretended devices of station.toml: scanners by name, and PRINTER."""
    scanners = [one.name for one in settings.scanners if one.kind == "simulator"]
    return frozenset([*scanners, *([PRINTER] if settings.printer.kind == "simulator" else [])])


def report(parts: Parts) -> dict[str, object]:
    """All of /health: `state` is the worst of the parts, and each part its own worst sign."""
    shown = [(sign.part, _line(sign)) for sign in signs(parts)]
    with parts.store.read() as tx:
        length = journal.length(tx)
    return {
        "state": worst(told for _, told in shown)["state"],
        **{part: worst(told for of, told in shown if of is part) for part in Part},
        "scanners": [told for of, told in shown if of is Part.SCANNER],
        "pid": os.getpid(),
        "journal_length": length,
        "unsent_entries": _unsent(parts),
        "online": parts.online(),
        "exchange": _exchange(parts),
        "rules_digest": parts.rulebook.current.digest,
    }


def marks(parts: Parts) -> Status:
    """The small marks on the touchscreen, read once a second; nothing in them changes while all stays as it is."""
    told = (*_scanners(parts), _printer(parts), _rules(parts), _calendar(parts), _clock(parts))
    # That the line is down has a mark of its own.
    told = (*told, central) if (central := _central(parts)).condition not in _LINE else told
    bad = [sign for sign in told if sign.light is not Light.GREEN]
    full = parts.store.nearly_full()
    return Status(
        unsent=_unsent(parts),
        online=parts.online(),
        trouble=tuple(sign.what for sign in bad),
        store_full=full,
        urgent=full or any(sign.light is Light.RED for sign in bad),
    )


def signs(parts: Parts) -> tuple[Sign, ...]:
    """Every part, for the staff's page and for /health."""
    return (
        *_scanners(parts),
        _printer(parts),
        _store(parts.store),
        _central(parts),
        _clock(parts),
        _rules(parts),
        _calendar(parts),
    )


def line(state: str, what: str, todo: str = "") -> Line:
    return {"state": state, "what": what, "do": todo}


def worst(lines: Iterable[Line]) -> Line:
    """The first of the lines in the worst state."""
    return max(lines, key=lambda one: _WORST.index(Light(str(one["state"]))))


def _line(sign: Sign) -> Line:
    return {**line(sign.light, sign.what, sign.todo), "code": sign.condition}


def _unsent(parts: Parts) -> int:
    """Entries that wait to be sent; without a central record there is nowhere to send them."""
    if not parts.central:
        return 0
    with parts.store.read() as tx:
        return journal.unsent(tx)


def _store(store: Store) -> Sign:
    try:
        free = store.free_mb()
    except OSError as error:
        what = f"{store.folder}: the disk does not answer ({error.strerror})"
        return Sign(Condition.STORE_TROUBLE, what, "look at the disk")
    values = {"free": str(free)}
    if store.nearly_full():
        what = f"{store.folder}: {free} MB free; checkouts have stopped, returns go on"
        return Sign(Condition.STORE_FULL, what, "free some space on this disk", values=values)
    return Sign(Condition.STORE_OK, f"{store.path}: {free} MB free", values=values)


def _scanners(parts: Parts) -> Iterator[Sign]:
    if not parts.scanners:
        yield Sign(Condition.SCANNER_NONE, "station.toml names no scanner", _PASTE)
    for scanner in parts.scanners:
        if scanner.name in parts.simulated:
            what = f"{scanner.name}: a simulated scanner reads no barcodes"
            yield Sign(Condition.SCANNER_SIMULATED, what, _PASTE, name=scanner.name)
        else:
            yield _told(_SCANNER, scanner.health(), scanner.name)


_SCANNER = (Condition.SCANNER_OK, Condition.SCANNER_DOUBT, Condition.SCANNER_TROUBLE)
_PRINTER = (Condition.PRINTER_OK, Condition.PRINTER_DOUBT, Condition.PRINTER_TROUBLE)


def _told(conditions: tuple[Condition, Condition, Condition], told: Line, name: str = "") -> Sign:
    """What a driver says of its device; `conditions` in the order green, yellow, red."""
    at = _WORST.index(Light(str(told["state"])))
    return Sign(conditions[at], str(told["what"]), str(told["do"]), name=name)


def _printer(parts: Parts) -> Sign:
    if PRINTER in parts.simulated:
        todo = f'{_PASTE}; without a printer, write kind = "none" in [printer]'
        return Sign(Condition.PRINTER_SIMULATED, "a simulated printer prints nothing", todo)
    if parts.printer is None:
        return Sign(Condition.PRINTER_NONE, "none configured")
    return _told(_PRINTER, parts.printer())


_LINE = (Condition.CENTRAL_OK, Condition.CENTRAL_NONE, Condition.NETWORK_DOWN)


def _central(parts: Parts) -> Sign:
    unsent = _unsent(parts)
    waiting = {"count": str(unsent)}
    state = parts.exchange() if parts.exchange else Exchange()
    if state.refused == "revoked":
        return Sign(
            Condition.CENTRAL_REVOKED,
            "the central record has taken this station out of service; people's names are wiped",
            "enrol it anew with a code from the central record: kiosk enrol CODE",
        )
    if state.parked:
        return Sign(
            Condition.CENTRAL_PARKED,
            f"another machine goes on as this station; {unsent} entries wait to be sent",
            "say at the central record which machine is the station",
            values=waiting,
        )
    if parts.online() is False:
        told = f"; {unsent} entries wait to be sent" if parts.central else ""
        why = f" ({state.trouble})" if state.trouble else ""
        what = f"no network; lending goes on{told}{why}"
        return Sign(
            Condition.NETWORK_DOWN, what, "look at the network cable and the router", values=waiting
        )
    if not parts.central:
        return Sign(Condition.CENTRAL_NONE, "none configured")
    if parts.exchange is None:
        what = "an address is set, but this station is not enrolled; nothing is sent"
        return Sign(
            Condition.CENTRAL_NOT_ENROLLED,
            what,
            "ask for a code at the central record, stop the station, and run: kiosk enrol CODE",
            values=waiting,
        )
    if state.trouble:
        what = f"{state.trouble}; {unsent} entries wait to be sent"
        todo = "it is tried again by itself; if this stays, look at the central record's log"
        return Sign(Condition.CENTRAL_TROUBLE, what, todo, values=waiting)
    return Sign(Condition.CENTRAL_OK, f"{unsent} entries wait to be sent", values=waiting)


def _exchange(parts: Parts) -> dict[str, object] | None:
    """Particulars for whoever looks after the machines. lag_s: the age of the oldest entry that was not sent."""
    if parts.exchange is None:
        return None
    state = parts.exchange()
    with parts.store.read() as tx:
        who, oldest_ms, as_of_ms = lineage(tx), oldest_unsent_ms(tx), number(tx, AS_OF)
    now_ms = parts.clock.now().at_ms
    return {
        "station": who.station if who else "",
        "epoch": who.epoch if who else 0,
        "lag_s": max(0, now_ms - oldest_ms) // 1000 if oldest_ms is not None else 0,
        "last_ms": state.last_ms,
        "as_of_ms": as_of_ms or None,
        "parked": state.parked,
        "revoked": state.refused == "revoked",
        "trouble": state.trouble,
    }


def _clock(parts: Parts) -> Sign:
    now = parts.clock.now()
    values = {"time": f"{now.local:%Y-%m-%d %H:%M}"}
    if now.sure:
        return Sign(Condition.CLOCK_OK, f"{now.local:%Y-%m-%d %H:%M:%S}", values=values)
    return Sign(
        Condition.CLOCK_UNSURE,
        f"the clock reads {values['time']} and cannot be trusted; windows are not enforced",
        "connect the network, or set the time and run: kiosk clock confirm",
        values=values,
    )


def _rules(parts: Parts) -> Sign:
    trouble = parts.rulebook.trouble
    if trouble:
        return Sign(
            Condition.RULES_REFUSED,
            f"library.toml was changed but not taken up: {trouble}",
            "correct the file; the rules from before it stay in force",
        )
    return Sign(Condition.RULES_OK, f"library.toml, {parts.rulebook.current.digest[:12]}")


def _calendar(parts: Parts) -> Sign:
    rules = parts.rulebook.current
    ends = calendar_data_ends(rules)
    if calendar_warning(rules, parts.clock.now().local.date()):
        return Sign(
            Condition.CALENDAR_ENDS,
            f"holidays and exchanged working days are known only to {ends}",
            "write the coming year's closures and open_days into library.toml",
            values={"until": str(ends)},
        )
    return Sign(Condition.CALENDAR_OK, "complete" if ends == date.max else f"complete until {ends}")
