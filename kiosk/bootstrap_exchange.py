"""Joins a station to its central record: the line, the agent, and what the machine says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from config.station import Station as Settings
from kiosk import journal
from kiosk.clock import Clock
from kiosk.entry import digest
from kiosk.errors import KioskError
from kiosk.health_told import tell_parts
from kiosk.signs import Sign
from kiosk.store.lineage import ROOM, RULES_GOOD, Lineage, lineage
from kiosk.store.store import Store
from sync.agent import Agent
from sync.carry import Machine
from sync.hardware import hardware_id
from sync.http import HttpLine


def make_agent(
    store: Store,
    clock: Clock,
    settings: Settings,
    *,
    plugged: Callable[[], bool],
    tell: Callable[[], Iterable[Sign]],
) -> Agent | None:
    """The agent of an enrolled station, not yet started; None for one that is enrolled nowhere.

    tell: how the parts of the machine are, asked at each exchange.
    """
    who = identity(store)
    if who is None:
        return None
    line = HttpLine(address_of(store, settings), plugged=plugged)
    return Agent(store, line, machine(store, clock, tell))


def identity(store: Store) -> Lineage | None:
    """Who this station is at its central record."""
    with store.read() as tx:
        return lineage(tx)


def address_of(store: Store, settings: Settings) -> str:
    """Where the central record answers: as station.toml says now, else as it was when the station was enrolled."""
    with store.read() as tx:
        address = settings.central.address or tx.value("address") or ""
    if not address:
        raise KioskError(
            "no central record is known; write its address into station.toml: [central] address"
        )
    return address


def room_of(store: Store) -> str:
    """The room that the central record gives this station; "" where it gives none."""
    with store.read() as tx:
        return tx.value(ROOM) or ""


def machine(store: Store, clock: Clock, tell: Callable[[], Iterable[Sign]] = lambda: ()) -> Machine:
    return Machine(
        clock, hardware_id(), software(), lambda: {**tell_parts(tell()), **_health(store)}
    )


def software() -> str:
    try:
        return version("library-kiosk")
    except PackageNotFoundError:
        return "unknown"


def _health(store: Store) -> dict[str, str]:
    with store.read() as tx:
        told = {"journal": str(journal.length(tx)), "unsent": str(journal.unsent(tx))}
        # Which rules this station lives by, and where it stands: staff see whether it has taken up what they said.
        rules = tx.value(RULES_GOOD)
        told |= {"rules": digest(rules) if rules else "", "room": tx.value(ROOM) or ""}
    try:
        return {**told, "free_mb": str(store.free_mb())}
    except OSError:
        return {**told, "free_mb": "unknown"}
