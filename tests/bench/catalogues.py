"""Catalogue files of full size, and the import of one of them in a process of its own."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.bootstrap_demo import lay_out
from kiosk.sample import large
from kiosk.store.store import Store
from tests.bench.plan import COPIES, BenchError
from tests.bench.programs import KIOSK, ROOT

# A second delivery: other titles than those of the big store, and labels above its own.
_SECOND_SEED = 12
_SECOND_FROM = 50_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went: wall-clock seconds, and the most memory its process held."""

    seconds: float
    peak_mb: float


def write_second_delivery(path: Path) -> None:
    """COPIES copies that the big store does not have yet, as CSV."""
    first = path.with_suffix(".first")
    large.write_csv(first, COPIES, seed=_SECOND_SEED)
    with (
        first.open(encoding="utf-8-sig", newline="") as source,
        path.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        rows, out = csv.reader(source), csv.writer(file)
        out.writerow(next(rows))
        out.writerows([str(_SECOND_FROM + int(label)), *rest] for label, *rest in rows)
    first.unlink()


def empty_library(folder: Path) -> Path:
    """Settings, and a store with nothing in it; gives the folder of the settings."""
    config = lay_out(folder)
    Store.open(folder / "data").close()
    return config


class Import:
    """`kiosk import catalogue FILE`, running; `done` looks without waiting."""

    def __init__(self, file: Path, config: Path) -> None:
        self._said = file.with_suffix(".said")
        command = [*KIOSK, "import", "catalogue", str(file), "--config", str(config)]
        with self._said.open("wb") as out:
            self._begun = time.monotonic()
            self._child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
        self.imported: Imported | None = None

    def done(self) -> bool:
        return self.imported is not None or self._reap(os.WNOHANG)

    def wait(self) -> Imported:
        if self.imported is None:
            self._reap(0)
        assert self.imported is not None
        return self.imported

    def end(self) -> None:
        """Stop it if it is still running."""
        if self.imported is None:
            self._child.terminate()
            self._child.wait()

    def _reap(self, options: int) -> bool:
        """Ask the kernel, which tells the most memory of exactly this process; Popen would not."""
        pid, status, usage = os.wait4(self._child.pid, options)
        if pid == 0:
            return False
        self._child.returncode = os.waitstatus_to_exitcode(status)
        if self._child.returncode != 0:
            tail = self._said.read_text(encoding="utf-8", errors="replace")[-1500:]
            raise BenchError(f"the import ended with {self._child.returncode}:\n{tail}")
        self.imported = Imported(time.monotonic() - self._begun, usage.ru_maxrss / 1024)
        return True


@contextlib.contextmanager
def importing(file: Path, config: Path) -> Iterator[Import]:
    running = Import(file, config)
    try:
        yield running
    finally:
        running.end()


def peer(code: str, *told: Path) -> Imported:
    """Run a few lines of Python in a process of its own, so that its memory is its own."""
    begun = time.monotonic()
    child = subprocess.Popen([sys.executable, "-c", code, *map(str, told)], cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise BenchError(f"the peer ended with {child.returncode}")
    return Imported(time.monotonic() - begun, usage.ru_maxrss / 1024)
