"""Two stations and a central record as processes, each killed at random while pupils borrow and return.

`make soak` makes the run longer, TOWN_SEED=n makes it another one.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner

from kiosk.bootstrap_demo import lay_out
from kiosk.cli import main as kiosk
from kiosk.demo_clock import FILE
from sync.central.cli import main as central
from tests.faults import ledger
from tests.faults.demo import Demo, free_port, small_school
from tests.kiosk.school import CITY, INSECTS, MORE, SEA, TEACHER, XIAOMAN
from tests.soak import often

KILLS = often(3, 60)
CENTRAL = (sys.executable, "-m", "sync.central")
SETTINGS = (
    '[database]\nurl = "sqlite:///data/central.db"\n[[schools]]\nid = "town"\nname = "小镇学校"\n'
)
COPIES = (CITY, SEA, INSECTS, *MORE[:5])
CARDS = (TEACHER, XIAOMAN)


class Town:
    """Which of the three runs, and how it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports = folder, {name: free_port() for name in ("a", "b", "centre")}
        self.address = f"http://127.0.0.1:{self.ports['centre']}"
        self.stations: dict[str, Demo] = {}
        self.centre: subprocess.Popen[str] | None = None

    def found(self) -> None:
        """The record takes over what station a holds; both stations are enrolled there."""
        small_school(self.folder / "a")
        lay_out(self.folder / "centre")
        self.config("centre").joinpath("central.toml").write_text(SETTINGS, encoding="utf-8")
        self.says("init")
        self.says("rules", "publish", str(self.config("centre") / "library.toml"))
        self.says("import", "station", str(self.folder / "a/data"))
        self.start("centre")
        for name in "ab":
            lay_out(self.folder / name)
            added = self.says("station", "add", name, f"{name} 站")
            found = re.search(r"^Code for \w+: (\S+)$", added, re.MULTILINE)
            assert found, added
            words = ("enrol", found[1], "--yes", "--address", self.address)
            told(kiosk, *words, "--config", str(self.config(name)))
            self.exchange(name)

    def config(self, name: str) -> Path:
        return self.folder / name / "config"

    def says(self, *words: str) -> str:
        return told(central, *words, "--config", str(self.config("centre")))

    def exchange(self, name: str) -> None:
        told(kiosk, "sync", "--once", "--config", str(self.config(name)))

    def start(self, name: str) -> None:
        if name != "centre":
            port = self.ports[name]
            demo = Demo(self.folder / name, port, alone=True, central=self.address)
            self.stations[name] = demo.ready()
            return
        where = ["--config", str(self.config(name)), "--port", str(self.ports[name])]
        # The stations' clocks are the demo's; the record goes by that of the first.
        clock = ["--demo-clock", str(self.folder / "a" / FILE)]
        command = [*CENTRAL, "run", *where, *clock]
        self.centre = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.centre.stdout is not None
        assert any(line.startswith("listening ") for line in self.centre.stdout)

    def process(self, name: str) -> subprocess.Popen[str]:
        found = self.centre if name == "centre" else self.stations[name].process
        assert found is not None
        return found

    def let_go(self, name: str) -> None:
        """Take away what is left of a process that ended."""
        if name in self.stations:
            self.stations.pop(name).close()
        elif self.centre is not None and name == "centre":
            self.centre.kill()
            self.centre.wait()
            assert self.centre.stdout is not None
            self.centre.stdout.close()
            self.centre = None

    def end(self, *names: str) -> None:
        for name in names:
            self.process(name).send_signal(signal.SIGTERM)
            assert self.process(name).wait(15) == 0
            self.let_go(name)


def told(program: click.Command, *words: str) -> str:
    """What a command says that has done its work; in this process, since it is not what is killed here."""
    done = CliRunner().invoke(program, words)
    assert done.exit_code == 0, done.output
    return done.output


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    it = Town(folder)
    try:
        it.found()
        yield it
    finally:
        for name in ("a", "b", "centre"):
            it.let_go(name)


@pytest.mark.slow
@pytest.mark.timeout(60 + 15 * KILLS)
def test_whoever_is_killed_the_journals_and_the_record_agree_at_the_end(tmp_path: Path) -> None:
    seed = int(os.environ.get("TOWN_SEED", "11"))
    print(f"seed {seed}")
    dice = random.Random(seed)
    with town(tmp_path) as it:
        it.start("a")
        it.start("b")
        victims = [("a", "b", "centre")[n % 3] for n in range(KILLS)]
        dice.shuffle(victims)
        for victim in victims:
            killer = threading.Timer(dice.uniform(0.1, 1.5), it.process(victim).kill)
            killer.start()
            borrow_and_return(it, dice)
            killer.join()
            it.process(victim).wait()
            it.let_go(victim)
            it.start(victim)
        written = {name: dict(keys(it, name)) for name in "ab"}
        it.end("a", "b")
        for name in "aba":
            it.exchange(name)
        for name in "ab":
            hold_whole(it, name)
            assert written[name].items() <= dict(keys(it, name)).items(), "an entry is gone"
        assert lent(it, "a") == lent(it, "b") == lent_by_the_record(it)
        it.end("centre")
        assert "Every chain is whole" in it.says("verify")


def borrow_and_return(it: Town, dice: random.Random) -> None:
    """Pupils at both stations until the process that is about to be killed has died; every act is acknowledged."""
    names = sorted(it.stations)
    while all(it.process(name).poll() is None for name in ("a", "b", "centre")):
        demo = it.stations[dice.choice(names)]
        texts = [dice.choice(CARDS), *dice.sample(COPIES, 2), "CMD-FINISH", dice.choice(COPIES)]
        try:
            demo.scan(*texts)
            demo.get("/demo/screen")
        except httpx.TransportError:
            continue


def keys(it: Town, name: str) -> list[tuple[Any, ...]]:
    sql = "SELECT epoch || ':' || seq, hash FROM journal"
    return ledger.rows(it.folder / name / "data", sql)


def hold_whole(it: Town, name: str) -> None:
    """Each entry of this station lies in the record once, byte for byte, and nothing else of it does."""
    own = ledger.rows(it.folder / name / "data", "SELECT epoch, seq, hash, body FROM journal")
    ledger.hold_chain(ledger.entries(it.folder / name / "data"))
    sql = "SELECT epoch, seq, hash, body FROM entries WHERE station = ?"
    assert sorted(own) == sorted(record(it, sql, name))
    assert len(own) > 10, "pupils did borrow"


def lent(it: Town, name: str) -> dict[str, str]:
    return dict(ledger.rows(it.folder / name / "data", "SELECT barcode, patron_id FROM loans"))


def lent_by_the_record(it: Town) -> dict[str, str]:
    return dict(record(it, "SELECT barcode, patron FROM holdings WHERE patron IS NOT NULL"))


def record(it: Town, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(it.folder / "centre/data/central.db")) as conn:
        return conn.execute(sql, values).fetchall()
