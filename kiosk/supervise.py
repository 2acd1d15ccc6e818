"""`kiosk demo`: the whole system on this machine, as child processes that end when this one does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from kiosk.bootstrap_demo import lay_out
from kiosk.demo_clock import FILE
from kiosk.errors import KioskError

HOST = "127.0.0.1"
LOOK_S = 0.1


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help="Folder for the demo, made when missing; other commands find its settings with --config DATA/config.",
)
@click.option("--station-port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--central-port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option("--no-browser", is_flag=True, help="Do not open the pages in a browser.")
def demo(data: Path, station_port: int, central_port: int, no_browser: bool) -> None:
    """Run a sample school: touchscreen, panel of simulated hardware and librarians' console in the browser."""
    from kiosk.bootstrap_demo_central import prepare
    from kiosk.bootstrap_demo_rules import RulesFile

    _open(station_port, "--station-port").close()
    _open(central_port, "--central-port").close()
    try:
        config = lay_out(data.resolve())
        prepared = prepare(config)
        rules = RulesFile(config)
        rules.publish(once=True)
    except OSError as error:
        if isinstance(error, KioskError):
            raise
        raise click.ClickException(
            f"{data} cannot be used for the demo ({error.strerror}); name another folder with --data"
        ) from None
    record = f"http://{HOST}:{central_port}"
    with (
        # Open before both: a station that is up first waits for the record's answer, and does not begin offline.
        _open(central_port, "--central-port") as listening,
        _child(_central(config, listening), listening) as central,
        _child(_station(config, station_port, record)) as station,
    ):
        children = {"central record": central, "station": station}
        for name, child in children.items():
            _wait_until_ready(name, child)
        # Before the line that says so: whoever reads "ready" may end the demo at once.
        signal.signal(signal.SIGTERM, lambda *_: station.terminate())
        panel = f"http://{HOST}:{station_port}/demo/"
        click.echo(f"login and password for the console: {prepared.login_file}")
        click.echo(
            f"ready: station=http://{HOST}:{station_port}/ panel={panel} console={record}/console/"
        )
        sys.stdout.flush()
        if not no_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            webbrowser.open(panel)
        name, code = _until_one_ends(children, rules.look)
    if code not in (0, -signal.SIGTERM, -signal.SIGINT):
        raise click.ClickException(
            f"the {name} stopped (exit {code}); nothing acknowledged is lost: start the demo again"
        )


def _open(port: int, option: str) -> socket.socket:
    """Listens already: whoever calls now is answered when there is a program that does."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({os.strerror(error.errno or 0)}); "
            f"stop the program that has it, or choose another with {option}"
        ) from None


def _station(config: Path, port: int, record: str) -> list[str]:
    command = ["-m", "kiosk", "run", "--demo", "--config", str(config), "--port", str(port)]
    return [*command, "--central", record]


def _central(config: Path, listening: socket.socket) -> list[str]:
    command = ["-m", "sync.central", "run", "--config", str(config)]
    command += ["--listening", str(listening.fileno())]
    return [*command, "--demo-clock", str(config.parent / FILE)]


@contextlib.contextmanager
def _child(command: list[str], *its: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """its: what listens for the child; let go of here, so that nobody is kept waiting once the child has ended."""
    # The child holds the reading end: when this process ends, even by kill -9, the child sees the end of the pipe.
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, *command, "--parent-pipe", str(reading)],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(reading, *(one.fileno() for one in its)),
    )
    os.close(reading)
    for one in its:
        one.close()
    try:
        yield child
    finally:
        os.close(writing)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()


def _wait_until_ready(name: str, child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("listening "):
            return
        click.echo(line, nl=False)
    raise click.ClickException(f"the {name} did not start; see the message above")


def _until_one_ends(
    children: dict[str, subprocess.Popen[str]], meanwhile: Callable[[], None]
) -> tuple[str, int]:
    """Which child ended first, and its exit code. Ctrl-C reaches the children by itself."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            for name, child in children.items():
                if child.poll() is not None:
                    return name, child.returncode
            meanwhile()
            time.sleep(LOOK_S)
