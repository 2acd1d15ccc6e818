"""A real `kiosk demo` (or `kiosk run`) as a process, with hands over HTTP, that can be killed in every way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import structlog
from click.testing import CliRunner, Result

from kiosk.bootstrap_demo import lay_out
from kiosk.cli import main
from tests.kiosk.school import School

START_S = 30.0
KIOSK = (sys.executable, "-m", "kiosk")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def small_school(folder: Path) -> Path:
    """A demo's folder with the small school of the tests in place of the big sample one; its store's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lay_out(folder)
    School(folder).close()
    return folder / "data"


class Demo:
    """One run of the command. `lines` are what it printed before it was ready."""

    def __init__(self, folder: Path, port: int, *, alone: bool = False, central: str = "") -> None:
        self.folder, self.port = folder, port
        self.store = folder / "data"
        self.central_port = free_port()
        command = ["run", "--demo", "--config", str(folder / "config"), "--port", str(port)]
        if central:
            command += ["--central", central]
        if not alone:
            command = ["demo", "--data", str(folder), "--station-port", str(port), "--no-browser"]
            command += ["--central-port", str(self.central_port)]
        folder.mkdir(parents=True, exist_ok=True)
        self.errors = (folder / "errors.txt").open("w+")
        self.process = subprocess.Popen(
            [*KIOSK, *command],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            start_new_session=True,
        )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=START_S
        )

    def ready(self) -> Demo:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.line = line
            if line.startswith(("ready: ", "listening ")):
                return self
        raise AssertionError(f"not ready: {self.said()}")

    def said(self) -> str:
        """All that went to the error stream so far."""
        self.errors.flush()
        return Path(self.errors.name).read_text(encoding="utf-8")

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.http.post("/demo/scan", json={"text": text}).raise_for_status()

    def screen(self, seen: Callable[[Any], object] = lambda screen: True) -> Any:
        """What stands on the touchscreen, once it is what is waited for."""
        deadline = time.monotonic() + START_S
        while True:
            screen = self.get("/demo/screen")
            if seen(screen):
                return screen
            assert time.monotonic() < deadline, f"never seen: {screen}"
            time.sleep(0.02)

    def touch(self, touch: str, line: int | None = None) -> None:
        visit = self.get("/demo/screen")["visit_id"]
        body = {"touch": touch, "visit": visit, "line": line}
        assert self.http.post("/touch", json=body).raise_for_status().json() == {"ok": True}

    def on_loan(self) -> dict[str, str]:
        """Who has what, by barcode, as the panel's shelf tells it."""
        return {
            copy["text"]: copy["on_loan_to"]
            for copy in self.get("/demo/shelf")["copies"]
            if copy["on_loan_to"]
        }

    def child(self) -> int:
        """The station's own process."""
        return next(pid for pid in self._children() if b"\0kiosk\0run\0" in _command(pid))

    def central(self) -> int:
        """The central record's own process."""
        return next(pid for pid in self._children() if b"\0sync.central\0run\0" in _command(pid))

    def _children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def kill_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()

    def wait(self, timeout_s: float = 15) -> int:
        code = self.process.wait(timeout_s)
        self.close()
        return code

    def close(self) -> None:
        """End whatever is left of this run, and let go of its pipes."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()
        self.http.close()


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def runs(pid: int) -> bool:
    """Not one that has ended, and that nobody has asked after yet."""
    try:
        return bool(_command(pid))
    except FileNotFoundError:
        return False


def shown_on(screen: Any, kinds: Iterable[str]) -> set[str]:
    """The barcodes of the lines of these kinds that stand on the screen."""
    lines = (screen.get("visit") or {}).get("lines", [])
    return {line["barcode"] for line in lines if line["kind"] in set(kinds)}


def kiosk(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KIOSK, *arguments], capture_output=True, text=True, check=False)


def kiosk_here(*arguments: str) -> Result:
    """The same without a process of its own, whose start costs more than most commands: for what holds nothing open."""
    # A command that runs on says for all of its process where the log goes.
    before = structlog.get_config()
    try:
        done = CliRunner().invoke(main, arguments)
    finally:
        structlog.configure(**before)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done
