"""A central record and a station of it, each a program of its own as at a school, for what travels between the two."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kiosk.bootstrap_demo import lay_out
from kiosk.sample import big
from kiosk.store.store import Store
from tests.bench.plan import COPIES, PATRONS, BenchError
from tests.bench.programs import KIOSK, ROOT, running

CENTRAL = (sys.executable, "-m", "sync.central")
STATION = "hall-1"
TITLES = 40_000


def found_centre(folder: Path) -> Path:
    """A central record in SQLite with a full school and a station; gives the folder of its settings."""
    brought = Store.open(folder / "brought")
    big(brought, patrons=PATRONS, copies=COPIES, titles=TITLES)
    brought.close()
    config = lay_out(folder)
    at = ("--config", str(config))
    told(*CENTRAL, "init", *at)
    told(*CENTRAL, "rules", "publish", str(config / "library.toml"), *at)
    told(*CENTRAL, "import", "station", str(folder / "brought"), *at)
    told(*CENTRAL, "station", "add", STATION, "hall", *at)
    return config


@contextlib.contextmanager
def serving(config: Path) -> Iterator[str]:
    """The central record on a port of this machine; gives its address."""
    command = [*CENTRAL, "run", "--config", str(config), "--port", "0"]
    with running(command, r"^listening (\S+)") as url:
        yield url


def enrol(folder: Path, centre: Path, url: str) -> Path:
    """A new station in the folder, by a code of the centre's; gives the folder of its settings."""
    config = lay_out(folder)
    shown = told(*CENTRAL, "station", "code", STATION, "--config", str(centre))
    code = re.search(r": (\S{4}-\S{4})", shown)
    assert code, shown
    options = ("--address", url, "--yes", "--config", str(config))
    told(*KIOSK, "enrol", code.group(1), *options)
    return config


def exchange(config: Path) -> float:
    """One exchange, `kiosk sync --once`, from its start to its end: seconds."""
    begun = time.monotonic()
    told(*KIOSK, "sync", "--once", "--config", str(config))
    return time.monotonic() - begun


def told(*command: str) -> str:
    """Run it to its end; what it said."""
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{command!r} ended with {done.returncode}:\n{done.stdout[-1500:]}")
    return done.stdout
