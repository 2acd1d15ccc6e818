"""`kiosk check camera`: a camera's live picture in the browser, with what it reads, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import click

from config.settings import load_library, load_station
from config.station import ScannerSettings
from kiosk.cli_options import CONFIG
from kiosk.cli_quiet import quiet

PORT = 8099


@click.command("camera")
@click.argument("name", required=False)
@CONFIG
@click.option("--device", help="This camera, stream or video file, whatever station.toml says.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True,
              help="Port of the page on this machine; 0 takes any that is free.")  # fmt: skip
def camera(name: str | None, config: Path, device: str | None, port: int) -> None:
    """Show what the camera NAME of station.toml sees and reads, live; without NAME the first one."""
    from drivers.make_camera import make_camera
    from drivers.preview import Preview
    from drivers.scan import Scan

    library = load_library(config / "library.toml")
    settings = _settings(name, config, device)
    preview = Preview(f"Camera {settings.name}", lambda: scanner.health(), settings.region)
    scanner = make_camera(settings, lambda: library.barcodes, preview.watch)
    try:
        url = preview.serve(port)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from None
    for words in scanner.absent:
        click.echo(words, err=True)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    click.echo(f"look at {url} (Ctrl-C ends it)")

    def heard(scan: Scan) -> None:
        click.echo(f"{scan.text} ({scan.symbology})")

    with quiet():
        scanner.start(heard)
        _tell_until(ending, scanner.health)
        preview.close()
        scanner.stop()


def _tell_until(ending: threading.Event, health: Callable[[], dict[str, object]]) -> None:
    """Say how the camera is whenever that changes."""
    told = ""
    while not ending.wait(0.2):
        line = health()
        words = "; ".join(filter(None, (str(line["what"]), str(line["do"]))))
        if words != told:
            click.echo(words, err=line["state"] != "green")
            told = words


def _settings(name: str | None, config: Path, device: str | None) -> ScannerSettings:
    cameras = [
        one for one in load_station(config / "station.toml").scanners if one.kind == "camera"
    ]
    found = next((one for one in cameras if name in (None, one.name)), None)
    if found is None and (name or not device):
        here = ", ".join(one.name for one in cameras) or "none"
        raise click.ClickException(
            f"station.toml has no camera{f' {name!r}' if name else ''} (cameras there: {here}); "
            'add a [[scanners]] table with kind = "camera", or name one with --device /dev/video0'
        )
    found = found or ScannerSettings(name="camera", kind="camera", device=str(device))
    return found.model_copy(update={"device": device}) if device else found
