"""What `kiosk check` looks at: the station's own health, while it runs or not, and what only a maintainer looks at.

Nothing is changed: a running station is asked over loopback; otherwise devices are opened for a moment. The store is
read as it lies there.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from config.settings import SettingsError, check_all, load_station
from config.station import Station as Settings
from drivers.card_learning import alike
from drivers.cards import CardFormat, Link
from drivers.make import make_printer, make_scanners
from drivers.scan import Scanner
from kiosk import health, journal
from kiosk.clock import SystemClock
from kiosk.errors import KioskError, StoreError
from kiosk.folders import Folders
from kiosk.health import Line, line
from kiosk.rulebook import Rulebook
from kiosk.store.lineage import lineage
from kiosk.store.listing import card_numbers, is_empty
from kiosk.store.lock import holder_of
from kiosk.store.store import Store

HOST = "127.0.0.1"
ANSWER_S = 5.0
# A device that opens at all opens within this; the simulated ones at once.
OPENING_S = 2.5

Row = tuple[str, Line]


def check(folders: Folders, *, port: int | None = None) -> list[Row]:
    """Every part with its line, in the order in which a person would look. `port`: as given to `kiosk run --port`."""
    problems = check_all(folders.config)
    rows = [("settings", line("red", str(one), "correct the file")) for one in problems]
    try:
        settings = load_station(folders.config / "station.toml")
        rulebook = Rulebook(folders.config / "library.toml")
    except SettingsError:
        return rows
    rows = rows or [("settings", line("green", f"all is well in {folders.config}"))]
    folder = folders.store(settings)
    port = port or settings.screen.port
    store, journal_rows = _store(settings, folder)
    cards_rows = list(_cards(settings, store)) if store else []
    running = _holder(folder)
    if running:
        rows += _of_running(running, port)
    else:
        rows += [*_of_stopped(port), *_looked_at(settings, rulebook, store)]
        rows += _central(settings, store)
    if store:
        store.close()
    return [*rows, *journal_rows, *cards_rows]


def worst(rows: list[Row]) -> str:
    return str(health.worst(one for _, one in rows)["state"])


def rows_of(report: dict[str, Any]) -> Iterator[Row]:
    """The lines of /health: of several devices of a kind each one, not only the worst."""
    for key, value in report.items():
        if isinstance(value, list):
            yield from ((key.removesuffix("s"), one) for one in value)
        elif isinstance(value, dict) and "state" in value and not report.get(f"{key}s"):
            yield key, value


def _of_running(holder: str, port: int) -> Iterator[Row]:
    address = f"http://{HOST}:{port}/"
    try:
        with httpx.Client(trust_env=False, timeout=ANSWER_S) as http:
            report = http.get(f"{address}health").raise_for_status().json()
        own = f"process {report['pid']} " in f"{holder} "
    except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
        report, own = {}, False
        why = f"{error}" or type(error).__name__
    else:
        why = "another station answers there"
    if own:
        yield "station", line("green", f"runs as {holder}; its page is {address}")
        yield from rows_of(report)
        return
    yield (
        "station",
        line(
            "red",
            f"{holder} runs on this folder, but does not answer at {address} ({why})",
            "if it was started with --port, give the same --port here; else stop it and start it again",
        ),
    )


def _of_stopped(port: int) -> Iterator[Row]:
    yield (
        "station",
        line(
            "yellow",
            "does not run; its devices were opened for a moment",
            "start it: kiosk run",
        ),
    )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            todo = "stop the program that has it, or write another screen.port into station.toml"
            yield "page", line("red", f"port {port} cannot be used ({error.strerror})", todo)
        else:
            yield "page", line("green", f"port {port} is free")


def _looked_at(settings: Settings, rulebook: Rulebook, store: Store | None) -> list[Row]:
    """The same lines that the station would tell of itself, without it."""
    zone = ZoneInfo(rulebook.current.library.library.time_zone)
    with tempfile.TemporaryDirectory() as empty:
        # A station that never ran has no store; the rest can be told all the same.
        held = store or Store.open(Path(empty))
        clock = SystemClock(zone, lambda: journal.trusted_ms(held))
        scanners = make_scanners(settings.scanners)
        printer = make_printer(settings.printer)
        parts = health.Parts(
            held,
            clock,
            rulebook,
            scanners,
            lambda: None,
            printer=printer.health if printer else None,
            simulated=health.simulated(settings),
        )
        try:
            _open(scanners)
            if printer:
                printer.look()
            # Nothing is exchanged here; whether the central record answers is looked at by _central.
            rows = [row for row in rows_of(health.report(parts)) if row[0] != "central"]
        finally:
            for scanner in scanners:
                scanner.stop()
            if store is None:
                held.close()
    return [row for row in rows if store or row[0] != "store"]


def _open(scanners: tuple[Scanner, ...]) -> None:
    for scanner in scanners:
        scanner.start(lambda _scan: None)
    end = time.monotonic() + OPENING_S
    while time.monotonic() < end and any(one.health()["state"] == "yellow" for one in scanners):
        time.sleep(0.05)


def _holder(folder: Path) -> str | None:
    try:
        return holder_of(folder)
    except OSError:
        return None  # the row of the store says that this user may not look into the folder


def _store(settings: Settings, folder: Path) -> tuple[Store | None, list[Row]]:
    """The store, if it can be read, and what is to be said of it."""
    try:
        store = Store.look(folder, stop_below_mb=settings.store.stop_checkouts_below_mb)
        return store, _journal(store) if store else [_no_store(folder)]
    except (KioskError, OSError) as error:
        return None, [("store", _told(error))]


def _journal(store: Store) -> list[Row]:
    count, faults = journal.verify(store)
    if faults:
        what = f"{len(faults)} faults in {count} entries; the first: {faults[0]}"
        todo = "kiosk journal verify tells all; keep a copy of the store's folder, and look at the disk"
        return [("journal", line("red", what, todo))]
    rows = [("journal", line("green", f"{count} entries, the chain is whole"))]
    with store.read() as tx:
        if is_empty(tx):
            todo = "bring them in: kiosk import patrons FILE, kiosk import catalogue FILE"
            rows.append(("store", line("yellow", "no patrons are known", todo)))
    return rows


def _cards(settings: Settings, store: Store) -> Iterator[Row]:
    with store.read() as tx:
        numbers = card_numbers(tx).splitlines()
    for one in settings.scanners:
        if one.card_from:
            link = Link(CardFormat(one.card_from), CardFormat(one.card_to))
            count = sum(map(len, alike(link, numbers)))
            if count:
                what = f"{one.name} cannot tell {count} cards of the library apart, and opens no visit for them"
                todo = "set the reader to a longer format; `kiosk card learn` names the cards"
                yield "cards", line("yellow", what, todo)


def _no_store(folder: Path) -> Row:
    if os.access(_nearest(folder), os.W_OK):
        return "store", line("yellow", f"{folder} holds none yet", "start the station: kiosk run")
    todo = "give the folder to the user whom the station runs as, or change store.folder"
    return "store", line("red", f"{folder} cannot be made by this user", todo)


def _nearest(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _told(error: Exception) -> Line:
    what, _, todo = str(error).rpartition("; ") if isinstance(error, StoreError) else ("", "", "")
    return line("red", what or str(error), todo or "look at the rights of the folder, and the disk")


def _central(settings: Settings, store: Store | None) -> Iterator[Row]:
    """Whether the central record can be reached from a station that does not run."""
    address, who = settings.central.address, None
    if store:
        with store.read() as tx:
            address = address or tx.value("address") or ""
            who = lineage(tx)
    if not address:
        yield "central", line("green", "station.toml names none")
        return
    parts = urlsplit(address)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        with socket.create_connection((parts.hostname or "", port), ANSWER_S):
            pass
    except (OSError, ValueError) as error:
        what = f"{address} cannot be reached ({error}); lending goes on"
        yield "central", line("yellow", what, "look at the network, and at central.address")
    else:
        what = f"{address} can be reached"
        if who:
            yield "central", line("green", f"{what}, and this is its station {who.station}")
            return
        todo = "ask for a code at the central record, and run: kiosk enrol CODE"
        yield "central", line("yellow", f"{what}, but this station is not enrolled there", todo)
