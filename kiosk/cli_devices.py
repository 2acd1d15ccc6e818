"""`kiosk probe` and `kiosk record`: what is plugged in and how to name it, and a device's traffic as a file."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli_options import CONFIG
from kiosk.cli_quiet import quiet

if TYPE_CHECKING:
    from config.station import ScannerSettings
    from drivers.probe import Plugged
    from drivers.scan import Scan, Scanner

BAUD = click.option(
    "--baud",
    type=click.IntRange(300, 4_000_000),
    default=9_600,
    show_default=True,
    help="Speed of serial ports, for those that have one.",
)


@click.command()
@click.option("--scan", is_flag=True, help="Ask for scans, and tell which device each came from.")
@click.option(
    "--seconds",
    type=click.IntRange(1, 3_600),
    default=60,
    show_default=True,
    help="With --scan: end when nothing was scanned for so long.",
)
@click.option("--port", "ports", multiple=True, help="A serial port that is not listed by itself.")
@BAUD
def probe(scan: bool, seconds: int, ports: tuple[str, ...], baud: int) -> None:
    """Tell what is plugged in, what stands in the way of it, and the lines of station.toml to paste."""
    from drivers.probe import BUILT_IN, Machine

    found = Machine().plugged(ports)
    nothing = "no scanner, card reader, camera or printer is plugged in"
    if not found:
        raise click.ClickException(f"{nothing}; plug one in, or name a serial port with --port")
    if scan:
        _listen(found, seconds, baud)
        return
    if all(one.what == BUILT_IN for one in found):
        click.echo(f"On USB, {nothing}.\n")
    for one in found:
        click.echo(f"{one.kind}  {one.path}  {one.what}")
        for note in one.notes:
            click.echo(f"    ! {note}")
        for line in one.lines:
            click.echo(f"    {line}")
        click.echo()
    click.echo("Which is which tells: kiosk probe --scan")
    if os.geteuid() == 0:
        click.echo("Root may open everything: run this as the user whom the station runs as.")


def _listen(found: list[Plugged], seconds: int, baud: int) -> None:
    from drivers.listen import Listening

    listening, heard = Listening(found, baud=baud), 0
    with contextlib.closing(listening), _until_stopped() as ended:
        told = _tell_deaf(listening.deaf)
        if not listening.hears:
            raise click.ClickException("no device can be listened to; see kiosk probe")
        names = ", ".join(one.path for one in listening.hears)
        click.echo(f"Scan something now; Ctrl-C ends. Listening to {names}")
        for one, raw in listening.breaths(ended, seconds):
            heard += 1
            _tell(one, raw)
        _tell_deaf(listening.deaf[told:])
    if not heard:
        raise click.ClickException(
            "nothing was heard; a running station has its scanners for itself: stop it first. A scanner may also "
            "need its own setting for USB-COM or keyboard, and a serial one the right --baud"
        )


def _tell_deaf(deaf: list[tuple[Plugged, str]]) -> int:
    """Say which devices are not listened to; how many."""
    for one, why in deaf:
        click.echo(f"{one.kind}  {one.path} cannot be listened to: {why}", err=True)
    return len(deaf)


def _tell(one: Plugged, raw: bytes) -> None:
    from drivers.suggest import suggest

    seen = suggest(raw)
    if seen.text is None:
        click.echo(f"{one.path}: no text ({raw[:16].hex(' ')}); try another --baud")
        return
    of_kind = f" {seen.symbology}" if seen.symbology else ""
    click.echo(f"{one.path}:{of_kind} {seen.text!r}, ended by {seen.ended_by}")
    lines = [*one.lines, *(seen.lines() if one.kind == "serial" else [])]
    if one.kind == "keyboard" and seen.ended_by == "nothing":
        click.echo("    ! set this scanner to send Enter or Tab after each scan")
    for line in lines:
        click.echo(f"    {line}")


@click.command()
@click.argument("device")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@CONFIG
@BAUD
@click.option("--note", default="", help="What was scanned, for whoever reads the file later.")
def record(device: str, file: Path, config: Path, baud: int, note: str) -> None:
    """Write what DEVICE sends into FILE, until Ctrl-C: a fixture that the tests play again without the device.

    DEVICE: the name of a scanner in station.toml, a serial port, or an input device.
    """
    from drivers.make import make_scanner
    from drivers.recording import Recorder, head_of

    if file.exists():
        raise click.ClickException(f"{file} is there already; choose another name")
    settings = _settings(device, config, baud)
    recorder = Recorder(file, head_of(settings, device, note or "with kiosk record"))
    recorder.open()
    click.echo(f"Card numbers will stand in {file}: scan cards that belong to nobody.")
    with quiet(), _until_stopped() as ended:
        scanner = make_scanner(settings, recorder=recorder)
        scanner.start(_say)
        _watch(scanner, ended)
        scanner.stop()
    recorder.close()
    if recorder.fault:
        raise click.ClickException(recorder.fault)
    if not recorder.reads:
        file.unlink()
        raise click.ClickException("nothing was read, and no file is left; see kiosk probe --scan")
    click.echo(f"{file}: {recorder.reads} reads")


def _settings(device: str, config: Path, baud: int) -> ScannerSettings:
    from config.settings import load_station
    from drivers.make import SPY, settings_of

    station = config / "station.toml"
    named = load_station(station).scanners if station.exists() else ()
    if (
        device
        and not {"/", ":"} & {*device}
        and named
        and device not in {one.name for one in named}
    ):
        there = ", ".join(one.name for one in named)
        raise click.ClickException(f"station.toml names no scanner {device!r}; there is: {there}")
    try:
        found = next((one for one in named if one.name == device), None) or settings_of(
            device, baud=baud
        )
    except ValueError as error:
        raise click.ClickException(
            f"{device!r} names no device; see kiosk probe for what does"
        ) from error
    if found.kind not in ("serial", "keyboard"):
        raise click.ClickException(
            f"{device} is a {found.kind}; serial and keyboard scanners are recorded"
        )
    return found.model_copy(
        update={"port": found.port.removeprefix(SPY), "device": found.device.removeprefix(SPY)}
    )


def _say(scan: Scan) -> None:
    from drivers.framing import shape

    click.echo(f"scan: {shape(scan.text.encode()) or 'damaged'}")


def _watch(scanner: Scanner, ended: threading.Event) -> None:
    """Say how the device is, whenever that changes."""
    said = ""
    while not ended.wait(0.1):
        health = scanner.health()
        words = f"{health['what']}; {health['do']}" if health["state"] == "red" else "Recording."
        if words != said and health["what"] != f"{scanner.name}: being opened":
            click.echo(words)
            said = words


@contextlib.contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
