"""The only place where real objects are made and joined: a folder of settings becomes a running station."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from flask import Flask

from config.settings import load_station
from config.station import CentralAddress
from config.station import Station as StationSettings
from drivers.make import make_printer, make_scanners
from drivers.printer import Printer
from drivers.scan import Scanner
from drivers.simulator import SimulatedPrinter, SimulatedScanner
from kiosk import health, journal
from kiosk.bootstrap_cards import Completion
from kiosk.bootstrap_clash import join_central
from kiosk.bootstrap_demo import Hands, Plug, demo_start, fill_with_sample
from kiosk.bootstrap_exchange import identity, make_agent, room_of
from kiosk.bootstrap_paper import slips_on
from kiosk.clock import Clock, MovableClock, SystemClock
from kiosk.countdown import Patience
from kiosk.demo_shelf import Shelf
from kiosk.desk import Desk
from kiosk.errors import KioskError
from kiosk.finding import finding
from kiosk.folders import Folders, open_store
from kiosk.health import signs
from kiosk.imports import finish_interrupted
from kiosk.journal import Journal
from kiosk.rulebook import Rulebook
from kiosk.signs import Light
from kiosk.slips import SlipPrinter
from kiosk.station import Ports, Station
from kiosk.store.fed_rules import fed_rules
from kiosk.store.lock import FolderLock
from kiosk.store.store import Store
from sync.agent import Agent
from web_ui.station import create_app, serve
from web_ui.station.serve import Server

log = structlog.get_logger()

HOST = "127.0.0.1"


@dataclass(slots=True)
class Running:
    """A station with everything it holds. `serve` blocks; `stop` ends it cleanly, once, from any thread."""

    station: Station
    store: Store
    clock: Clock
    scanners: tuple[Scanner, ...]
    server: Server
    lock: FolderLock
    paper: SlipPrinter | None
    hands: Hands | None
    agent: Agent | None

    def serve(self) -> None:
        self.server.run()

    def problems(self) -> list[str]:
        """What whoever starts it should know at once."""
        signs = self.station.signs()
        return [f"{s.part}: {s.what}; {s.todo}" for s in signs if s.light is not Light.GREEN]

    def stop(self) -> None:
        """Drivers first, then what they handed in, then the pages, then the store: nothing read is lost."""
        for scanner in self.scanners:
            scanner.stop()
        self.station.stop()
        self.server.close()
        if self.paper:
            self.paper.stop()
        if self.agent:
            self.agent.stop()
        self.store.close()
        self.lock.release()


def start(
    folders: Folders,
    *,
    port: int | None = None,
    demo: bool = False,
    central: str | None = None,
    lock_wait_s: float = 0.0,
) -> Running:
    """Build and start a station; its page answers once `serve` is called. Raises SettingsError or StoreError.

    central: where the demo's own central record answers, instead of central.address in station.toml.
    """
    settings = _settings(folders, central)
    rulebook = Rulebook(folders.config / "library.toml", settings)
    lock = FolderLock(folders.store(settings), wait_s=lock_wait_s)
    store = open_store(folders, settings, reserve=True)
    who, fed = identity(store), fed_rules(store)
    if fed:
        rulebook.follow(fed, file_too=demo and central is not None)
    finished = finish_interrupted(store)
    if finished:
        log.info("an import was broken off earlier", now=finished)
    zone = ZoneInfo(rulebook.current.library.library.time_zone)
    if demo and who is None:
        fill_with_sample(store, rulebook.current, settings.station.id, zone)
    clock = (
        MovableClock(zone, demo_start(journal.trusted_ms(store), zone), running=True)
        if demo
        else SystemClock(zone, lambda: journal.trusted_ms(store))
    )
    scanners = make_scanners(
        settings.scanners,
        lambda: rulebook.current.library.barcodes,
        spy_folder=folders.store(settings) / "spy",
        complete=lambda given, wanted: Completion(store, given, wanted),
    )
    line = Plug()
    agent = make_agent(store, clock, settings, plugged=line.is_set, tell=lambda: signs(parts))
    if agent:
        line.on_plug_in = agent.wake
    printer = make_printer(settings.printer)
    paper = slips_on(printer) if printer else None
    parts = health.Parts(
        store,
        clock,
        rulebook,
        scanners,
        _online(settings, line, agent, demo=demo),
        central=bool(settings.central.address) or agent is not None,
        exchange=(lambda: agent.state) if agent else None,
        printer=paper.health if paper else None,
        simulated=frozenset() if demo else health.simulated(settings),
    )
    room = room_of(store) or settings.station.room or rulebook.current.library.library.room
    name = who.station if who else settings.station.id
    desk = Desk(store, Journal(name, clock), lambda: rulebook.current, room=room)
    ports = Ports(
        desk=desk,
        rulebook=rulebook,
        clock=clock,
        find=finding(store, rulebook),
        status=lambda: health.marks(parts),
        signs=lambda: signs(parts),
        health=lambda: health.report(parts),
        upkeep=store.keep_room,
        paper=paper,
        room=room,
    )
    station = Station(ports, _patience(settings))
    station.on_failure = _leave
    shelf, look = Shelf(store, rulebook), station.look_again
    hands = _hands(shelf, clock, scanners, printer, line, look_again=look) if demo else None
    if hands and central:
        join_central(hands, folders, settings, store, central)
    app = create_app(station, hands=hands, streams=settings.screen.streams)
    server = _pages(app, settings.screen.port if port is None else port, settings.screen.streams)
    station.start()
    for scanner in scanners:
        scanner.start(station.on_scan)
    if agent:
        agent.start()
    return Running(station, store, clock, scanners, server, lock, paper, hands, agent)


def _settings(folders: Folders, central: str | None) -> StationSettings:
    settings = load_station(folders.config / "station.toml")
    address = CentralAddress(address=central) if central else settings.central
    return settings.model_copy(update={"central": address})


def _pages(app: Flask, port: int, streams: int) -> Server:
    try:
        return serve(app, HOST, port, streams)
    except OSError as error:
        raise KioskError(
            f"port {port} cannot be used ({error.strerror}); "
            "stop the program that has it, or choose another: screen.port in station.toml, or --port"
        ) from error


def _patience(settings: StationSettings) -> Patience:
    times = settings.visit
    return Patience(
        visit_s=times.idle_s,
        page_s=times.returns_idle_s,
        find_s=times.find_idle_s,
        repeat_ms=times.repeat_ms,
    )


def _online(
    settings: StationSettings, line: Plug, agent: Agent | None, *, demo: bool
) -> Callable[[], bool | None]:
    if agent:
        return lambda: agent.state.online if line.is_set() else False
    return line.is_set if demo or settings.central.address else lambda: None


def _hands(
    shelf: Shelf,
    clock: Clock,
    scanners: tuple[Scanner, ...],
    printer: Printer | None,
    line: Plug,
    *,
    look_again: Callable[[], None],
) -> Hands:
    assert isinstance(clock, MovableClock), "the demo runs on a clock that can be moved"
    simulated = [scanner for scanner in scanners if isinstance(scanner, SimulatedScanner)]
    if not simulated:
        raise KioskError(
            'station.toml has no [[scanners]] of kind = "simulator"; the demo\'s panel needs one'
        )
    tray = printer if isinstance(printer, SimulatedPrinter) else SimulatedPrinter()
    hands = Hands(shelf, clock, simulated[0], tray, line)
    hands.on_changed = look_again
    return hands


def _leave(error: BaseException) -> None:
    # The journal is whole; a fresh process is the shortest way back to a good state.
    os._exit(70)
