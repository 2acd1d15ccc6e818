"""Programs measured from outside, each in a process of its own that ends with the bench."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.plan import BenchError

KIOSK = (sys.executable, "-m", "kiosk")
ROOT = Path(__file__).resolve().parents[2]
STOP_S = 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: list[str], says: str) -> Iterator[str]:
    """Run until the block ends; gives what the first group of `says` matched in the first line that has it."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield _first(child, says)
    finally:
        child.terminate()
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        assert child.stdout is not None
        child.stdout.close()


def _first(child: subprocess.Popen[str], says: str) -> str:
    assert child.stdout is not None
    told: list[str] = []
    for line in child.stdout:
        if found := re.search(says, line):
            return found.group(1)
        told.append(line)
    raise BenchError(f"{child.args!r} did not start:\n{''.join(told[-20:])}")


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The real demo on this folder; gives the address of the touchscreen, with a slash at its end."""
    ports = ["--station-port", str(free_port()), "--central-port", str(free_port())]
    command = [*KIOSK, "demo", "--data", str(folder), *ports, "--no-browser"]
    with running(command, r"^ready: station=(\S+)") as url:
        yield url


@contextlib.contextmanager
def station(folder: Path) -> Iterator[str]:
    """The demo's station alone on this folder, beside no central record; gives its address."""
    where = ["--config", str(folder / "config"), "--port", str(free_port())]
    with running([*KIOSK, "run", "--demo", *where], r"^listening (\S+)") as url:
        yield url


@contextlib.contextmanager
def push_peer() -> Iterator[str]:
    """The bare push page; gives its address."""
    command = [sys.executable, "-m", "tests.bench.push_peer", str(free_port())]
    with running(command, r"^listening (\S+)") as url:
        yield url
