"""Several `central run` on one database, and a proxy that gives every request to the next of them."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

SETTINGS = """
[database]
url = "{url}"
[public]
proxy = "127.0.0.1"
[[schools]]
id = "sunshine"
name = "阳光学校"
"""
ROOT = Path(__file__).parents[2]


class Process:
    """One `central run --behind-proxy` on a port of its own; it starts, and `listens` waits for it."""

    def __init__(self, config: Path) -> None:
        command = ["-m", "sync.central", "run", "--config", str(config), "--port", "0"]
        self.process = subprocess.Popen(
            [sys.executable, *command, "--behind-proxy"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def listens(self) -> str:
        """Its address."""
        assert self.process.stdout is not None
        word, _, url = self.process.stdout.readline().strip().partition(" ")
        assert word == "listening", f"it ended with {self.process.wait(20)}"
        return url

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextlib.contextmanager
def processes(folder: Path, url: str, count: int) -> Iterator[list[Process]]:
    """So many, started in the same moment on one database."""
    config = folder / "config"
    config.mkdir()
    config.joinpath("central.toml").write_text(SETTINGS.format(url=url), encoding="utf-8")
    started: list[Process] = []
    try:
        started += [Process(config) for _ in range(count)]
        yield started
    finally:
        for one in started:
            one.kill()
            assert one.process.stdout is not None
            one.process.stdout.close()


class Proxy(httpx.BaseTransport):
    """Gives each request to the next process, and to another where nobody listens; what may have arrived, never twice.

    went: which call was given to which process. first: whose turn it is.
    """

    def __init__(self, urls: Sequence[str], *, first: int = 0) -> None:
        self._urls = urls
        self._turns = itertools.count(first)
        self._on = httpx.HTTPTransport()
        self.went: set[tuple[str, int]] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        for _ in self._urls:
            turn = next(self._turns) % len(self._urls)
            path = request.url.raw_path.decode().removeprefix("/")
            headers = {**request.headers, "X-Forwarded-For": "10.0.0.9"}
            told = httpx.Request(
                request.method, f"{self._urls[turn]}{path}", headers=headers, content=content
            )
            with contextlib.suppress(httpx.ConnectError):
                answer = self._on.handle_request(told)
                self.went.add((request.url.path.rpartition("/")[2], turn))
                return answer
        raise httpx.ConnectError("no process listens")

    def close(self) -> None:
        self._on.close()
