"""What config/deploy/ gives to a real machine: rules, service, browser; each tried as far as it can be here."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from kiosk.cli import main as kiosk
from sync.central.cli import main as central
from tests.drivers.wires import wait_until
from tests.faults.demo import runs

DEPLOY = Path(__file__).resolve().parents[2] / "config/deploy"
PIECE = re.compile(r'[A-Z]+(\{[\w/]+\})?(==|=|\+=)"[^"]+"')


def rules() -> list[str]:
    """Every line of the rules that is one, the examples included."""
    lines = (DEPLOY / "60-kiosk.rules").read_text("utf-8").splitlines()
    return [line.removeprefix("#") for line in lines if line.startswith(("SUB", "#SUB"))]


def unit(key: str, name: str = "kiosk.service") -> list[str]:
    text = (DEPLOY / name).read_text("utf-8")
    (value,) = re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)
    return str(value).split()


def test_every_udev_rule_is_matches_and_assignments() -> None:
    assert len(rules()) == 7
    for rule in rules():
        pieces = rule.split(", ")
        assert all(PIECE.fullmatch(piece) for piece in pieces), rule
        assert pieces[0].startswith("SUBSYSTEM==")
        assert "==" not in pieces[-1], f"{rule} matches and does nothing"


def test_the_service_is_in_every_group_that_the_rules_give_devices_to() -> None:
    given = {group for rule in rules() for group in re.findall(r'GROUP="(\w+)"', rule)}
    assert set(unit("SupplementaryGroups")) == given


@pytest.mark.parametrize(
    ("name", "commands"), [("kiosk.service", kiosk), ("central@.service", central)]
)
def test_the_services_call_commands_that_there_are(name: str, commands: click.Group) -> None:
    program, command, *words = unit("ExecStart", name)
    assert (
        Path(program).name == unit("StateDirectory", name)[0] == name.partition(".")[0].strip("@")
    )
    known = [name for param in commands.commands[command].params for name in param.opts]
    assert {word for word in words if word.startswith("--")} <= {*known}
    assert words[1].startswith(f"/var/lib/{unit('StateDirectory', name)[0]}/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["kiosk.service", "central@.service"])
def test_systemd_understands_the_services(name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(DEPLOY / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if name.partition(".")[0] in line]
    # The program is not in /opt here.
    assert [line for line in said if "is not executable" not in line] == []


def test_the_browsers_policy_lets_it_see_this_machine_only() -> None:
    policy = json.loads((DEPLOY / "chromium-policy.json").read_text("utf-8"))
    assert (policy["URLBlocklist"], policy["URLAllowlist"]) == (["*"], ["127.0.0.1"])
    assert policy["PasswordManagerEnabled"] is False


class Pages(ThreadingHTTPServer):
    """Stands where the station would; counts how often its page was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.asked = 0


class Page(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        self.server.asked += self.path == "/"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<title>x</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[Pages]:
    server = Pages()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextlib.contextmanager
def screen(
    pages: Pages, folder: Path, *flags: str, **env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The script, showing these pages, with its profiles in the folder."""
    port = str(pages.server_address[1])
    running = subprocess.Popen(
        [DEPLOY / "kiosk-screen", *flags],
        env={**os.environ, "KIOSK_PORT": port, "TMPDIR": str(folder), **env},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        # With its browser, which is in a group of its own.
        running.terminate()
        running.wait(20)


def children(of: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{of}/task/{of}/children").read_text().split()]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: Chromium's socket in it may have no more than 107 characters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.browser
def test_the_screen_shows_the_page_again_when_the_browser_dies_and_leaves_nothing_behind(
    pages: Pages, short: Path
) -> None:
    with screen(pages, short, "--headless=new", "--no-sandbox") as running:
        wait_until(lambda: pages.asked == 1, "the page to be asked for")
        for pid in children(running.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pages.asked == 2, "the page to be asked for again")
        running.terminate()
        assert running.wait(20) == 143
        assert list(short.iterdir()) == []


# Its helper writes into the profile without end, as a browser's does for a moment after the browser's own.
STUBBORN = """#!/bin/bash
(trap '' TERM; while [ $SECONDS -lt 20 ]; do mkdir -p "$TMPDIR/Default"; : >"$TMPDIR/Default/$((n += 1))"; done) &
echo $! >>"$HELPERS"
exec sleep 60
"""


def test_no_process_of_a_browser_that_ended_writes_on_into_its_profile(
    pages: Pages, short: Path, tmp_path: Path
) -> None:
    browser, helpers = tmp_path / "browser", tmp_path / "helpers"
    browser.write_text(STUBBORN)
    browser.chmod(0o755)
    helpers.touch()
    with screen(pages, short, CHROMIUM=str(browser), HELPERS=str(helpers)) as running:
        wait_until(lambda: len(helpers.read_text().split()) == 1, "the browser to start")
        first = int(helpers.read_text())
        for pid in children(running.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(helpers.read_text().split()) == 2, "the browser to start again")
        assert not runs(first)
        running.terminate()
        assert running.wait(20) == 143
        assert list(short.iterdir()) == []
