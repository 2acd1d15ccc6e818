"""The `kiosk` command. Each subcommand is parse, call, print; trouble is told in one line, without a traceback."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import structlog

from config.settings import SettingsError, load_library, load_station
from kiosk import journal as journals
from kiosk.cli_config import config_group, policy_group
from kiosk.cli_import import import_group
from kiosk.clock import SystemClock
from kiosk.errors import KioskError
from kiosk.folders import Folders, open_store
from kiosk.store.store import Store
from kiosk.supervise import demo

CONFIG = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    help="Folder with station.toml and library.toml.",
)


class Plainly(click.Group):
    """Settings and store trouble end a command with their own words and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            raise SystemExit(1) from None
        except (KioskError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Plainly)
def main() -> None:
    """A self-service library station: lends, takes back and renews, with or without a network."""


main.add_command(config_group, "config")
main.add_command(policy_group, "policy")
main.add_command(import_group, "import")
main.add_command(demo)


@main.command()
@CONFIG
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Instead of screen.port in station.toml."
)
@click.option("--demo", "as_demo", is_flag=True, hidden=True)
@click.option("--parent-pipe", type=int, hidden=True)
def run(config: Path, port: int | None, as_demo: bool, parent_pipe: int | None) -> None:
    """Run this station until it is stopped (Ctrl-C or SIGTERM)."""
    # The pages and their server are a second of imports, which no other command should pay for.
    from kiosk.bootstrap import start

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    running = start(
        Folders(config.resolve()), port=port, demo=as_demo, lock_wait_s=8 if as_demo else 0
    )
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    if parent_pipe is not None:
        threading.Thread(target=_end_with_parent, args=(parent_pipe, ending), daemon=True).start()
    pages = threading.Thread(target=running.serve, name="pages", daemon=True)
    pages.start()
    click.echo(f"listening {running.server.url}")
    ending.wait()
    running.stop()


def _end_with_parent(pipe: int, ending: threading.Event) -> None:
    # Nobody writes into this pipe: it only ends, when the parent does, however it ends.
    os.read(pipe, 1)
    ending.set()


@main.group()
def journal() -> None:
    """Look into the station's journal."""


@journal.command()
@CONFIG
def verify(config: Path) -> None:
    """Check the whole chain of entries; tells every fault."""
    count, faults = journals.verify(_store(config))
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"{count} entries, {len(faults)} faults")
    if faults:
        raise SystemExit(1)


@journal.command()
@click.argument("code")
@CONFIG
def find(code: str, config: Path) -> None:
    """Look up the six letters printed on a slip: what was taken back or lent, and when."""
    found = journals.find_proof(_store(config), code)
    for body in found:
        click.echo(json.dumps(json.loads(body), ensure_ascii=False, indent=2))
    if not found:
        click.echo(
            f"no entry of this station has the code {code}; try the other stations", err=True
        )
        raise SystemExit(1)


@main.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@CONFIG
def backup(target: Path, config: Path) -> None:
    """Copy the store to TARGET, while the station runs; the copy is checked."""
    done = _store(config).backup(target)
    click.echo(f"{done}: {done.stat().st_size // 1024} KB, checked")


@main.group()
def clock() -> None:
    """The station's clock."""


@clock.command()
@CONFIG
@click.option("--yes", is_flag=True, help="Do not ask.")
def confirm(config: Path, yes: bool) -> None:
    """Say that this machine's clock is right now, so that windows and due dates count again."""
    library = load_library(config / "library.toml")
    now = SystemClock(ZoneInfo(library.library.time_zone), lambda: None).now()
    question = (
        f"The clock reads {now.local:%Y-%m-%d %H:%M} ({library.library.time_zone}). Is that right?"
    )
    if not yes and not click.confirm(question):
        raise click.ClickException(
            "set the clock first: sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS'"
        )
    with _store(config).begin() as tx:
        journals.confirm_clock(tx, now.at_ms)
    click.echo(f"noted: {datetime.isoformat(now.local, timespec='minutes')} is right")


def _store(config: Path) -> Store:
    folders = Folders(config.resolve())
    return open_store(folders, load_station(folders.config / "station.toml"))
