"""`kiosk demo`: the whole system on this machine, as child processes that end when this one does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import click

from kiosk.bootstrap_demo import lay_out

HOST = "127.0.0.1"


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
    """Run a sample school with simulated hardware: touchscreen and panel in the browser."""
    del central_port  # the central record will listen there
    _port_is_free(station_port)
    try:
        config = lay_out(data.resolve())
    except OSError as error:
        raise click.ClickException(
            f"{data} cannot be used for the demo ({error.strerror}); name another folder with --data"
        ) from None
    with _station(config, station_port) as child:
        _wait_until_ready(child)
        # Before the line that says so: whoever reads "ready" may end the demo at once.
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        station = f"http://{HOST}:{station_port}/"
        panel = f"{station}demo/"
        click.echo(f"ready: station={station} panel={panel} console=-")
        sys.stdout.flush()
        if not no_browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            webbrowser.open(panel)
        code = _until_it_ends(child)
    if code not in (0, -signal.SIGTERM, -signal.SIGINT):
        raise click.ClickException(
            f"the station stopped (exit {code}); nothing acknowledged is lost: start the demo again"
        )


def _port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} cannot be used ({error.strerror}); "
                "stop the program that has it, or choose another with --station-port"
            ) from None


@contextlib.contextmanager
def _station(config: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    # The child holds the reading end: when this process ends, even by kill -9, the child sees the end of the pipe.
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "kiosk", "run", "--demo", "--config", str(config)]
    command += ["--port", str(port), "--parent-pipe", str(reading)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(reading,))
    os.close(reading)
    try:
        yield child
    finally:
        os.close(writing)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_ready(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("listening "):
            return
        click.echo(line, nl=False)
    raise click.ClickException("the station did not start; see the message above")


def _until_it_ends(child: subprocess.Popen[str]) -> int:
    try:
        return child.wait()
    except KeyboardInterrupt:
        return child.wait()
