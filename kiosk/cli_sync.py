"""`kiosk enrol` and `kiosk sync`: a station and its central record, by hand. The station itself must be stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from kiosk.cli_options import CONFIG
from kiosk.errors import KioskError, StoreHeld

if TYPE_CHECKING:
    from config.station import Station as Settings
    from kiosk.folders import Folders
    from kiosk.imports.progress import Progress
    from kiosk.store.store import Store
    from sync.carry import Line, Machine
    from sync.exchange import Effect, Told

T = TypeVar("T")


@click.command()
@click.argument("code")
@CONFIG
@click.option(
    "--address", help="Of the central record; instead of central.address in station.toml."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def enrol(code: str, config: Path, address: str | None, yes: bool) -> None:
    """Make this machine a station of a central record, by a CODE from there."""
    from kiosk.store.fed_rules import FedRules
    from sync.enrol import enrol as use_code

    with _stopped(config) as found:
        address = address or found.settings.central.address
        if not address:
            raise KioskError(
                "which central record? Give --address https://..., or write central.address into station.toml"
            )
        _ask_first(found.store, yes=yes)
        name = found.settings.station.id
        with closing(found.line(address)) as line:
            told = _tried(lambda: use_code(found.store, line, found.machine(), code, local=name))
        library = found.folders.config / "library.toml"
        FedRules(found.store).note_local(hashlib.sha256(library.read_bytes()).hexdigest())
    click.echo(
        f"this machine is now {told.name} ({told.station}) of {told.school}; "
        "run `kiosk sync --once` to fetch everything, or start the station"
    )


@click.command()
@CONFIG
@click.option("--once", is_flag=True, required=True, help="One exchange, then end.")
def sync(config: Path, once: bool) -> None:
    """Exchange with the central record: entries up, changes down. A running station does it by itself."""
    from kiosk import journal
    from kiosk.bootstrap_exchange import address_of, identity
    from kiosk.imports.progress import bar_or_lines
    from sync.carry import Carrier

    assert once, "click asks for it: there is no other way yet"
    with _stopped(config) as found:
        if identity(found.store) is None:
            raise KioskError(
                "this station is enrolled nowhere; run: kiosk enrol CODE --address URL"
            )
        with found.store.read() as tx:
            waiting = journal.unsent(tx)
        line = found.line(address_of(found.store, found.settings))
        with closing(line), bar_or_lines() as progress:
            progress.begin("sending entries", waiting)
            carrier = Carrier(found.store, line, found.machine(), watch=_Watch(progress))
            told = _tried(carrier.run)
    click.echo(_summary(told))
    if told.parked:
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class _Found:
    folders: Folders
    settings: Settings
    store: Store

    def line(self, address: str) -> Line:
        from sync.http import HttpLine

        return HttpLine(address)

    def machine(self) -> Machine:
        from config.settings import load_library
        from kiosk import journal
        from kiosk.bootstrap_exchange import machine
        from kiosk.clock import SystemClock

        zone = ZoneInfo(load_library(self.folders.config / "library.toml").library.time_zone)
        return machine(self.store, SystemClock(zone, lambda: journal.trusted_ms(self.store)))


@contextmanager
def _stopped(config: Path) -> Iterator[_Found]:
    """The store of a station that does not run: two exchanges at once would take each other for a copied disk."""
    from config.settings import load_station
    from kiosk.folders import Folders, open_store
    from kiosk.store.lock import FolderLock

    folders = Folders(config.resolve())
    settings = load_station(folders.config / "station.toml")
    try:
        lock = FolderLock(folders.store(settings))
    except StoreHeld as error:
        raise KioskError(f"{error} (a running station exchanges by itself)") from error
    with lock:
        store = open_store(folders, settings)
        try:
            yield _Found(folders, settings, store)
        finally:
            store.close()


def _ask_first(store: Store, *, yes: bool) -> None:
    from kiosk.store.listing import is_empty

    with store.read() as tx:
        empty = is_empty(tx)
    if empty or yes:
        return
    click.confirm(
        "From now on patrons, titles and rules come from the central record, and take the place of those in this "
        "store. Is everything imported there?",
        abort=True,
    )


def _tried(act: Callable[[], T]) -> T:
    """Trouble on the line, and refusals, in one sentence each."""
    from sync.exchange import Failing, LineDown, Refused

    try:
        return act()
    except LineDown as down:
        raise KioskError(f"the central record was not reached: {down}") from down
    except Refused as refused:
        raise KioskError(f"the central record refuses: {refused.refusal.message}") from refused
    except Failing as failing:
        raise KioskError(
            f"the central record failed ({failing}); its log says why. Nothing is lost: try again later"
        ) from failing


class _Watch:
    """Moves the bar on as the exchange goes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._part = ""

    def __call__(self, effect: Effect) -> None:
        from sync.exchange import ApplyPage, HaveChunks, NoteAnswers, StageChunk

        match effect:
            case NoteAnswers(_, durable, outcomes) if durable:
                self._progress.advance(len(outcomes))
            case HaveChunks(chunks):
                self._begin("fetching the snapshot", len(chunks))
            case StageChunk():
                self._progress.advance(1)
            case ApplyPage(changes):
                self._begin("taking in changes", None)
                self._progress.advance(len(changes))
            case _:
                pass

    def _begin(self, part: str, total: int | None) -> None:
        if part != self._part:
            self._part = part
            self._progress.begin(part, total)


def _summary(told: Told) -> str:
    parts = [f"{told.sent} entries sent", f"{told.changes} changes taken in"]
    if told.snapshot:
        parts.append("a whole snapshot taken in")
    if told.rewound:
        parts.append("the journal went on in a new epoch")
    if told.poisoned:
        parts.append(f"{told.poisoned} entries kept unread there")
    if told.parked:
        parts.append(
            "another machine goes on as this station: say at the central record which one it is"
        )
    return "; ".join(parts)
