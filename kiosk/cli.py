"""The `kiosk` command. Each subcommand is parse, call, print; trouble is told in one line, without a traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import TextIO, cast
from zoneinfo import ZoneInfo

import click
import structlog

from config.settings import load_library
from kiosk import journal as journals
from kiosk.cli_camera import camera
from kiosk.cli_card import card_group
from kiosk.cli_check import check_group
from kiosk.cli_config import config_group, policy_group
from kiosk.cli_devices import probe, record
from kiosk.cli_import import import_group
from kiosk.cli_options import CONFIG, Plainly
from kiosk.cli_print import cards_group, labels_group
from kiosk.cli_sync import enrol, sync
from kiosk.clock import SystemClock
from kiosk.entry import Entry, is_proof, parse
from kiosk.folders import Folders, existing_store
from kiosk.store.store import Store
from kiosk.supervise import demo


@click.group(cls=Plainly)
def main() -> None:
    """A self-service library station: lends, takes back and renews, with or without a network."""


check_group.add_command(camera)
main.add_command(check_group, "check")
main.add_command(config_group, "config")
main.add_command(probe)
main.add_command(record)
main.add_command(policy_group, "policy")
main.add_command(import_group, "import")
main.add_command(cards_group, "cards")
main.add_command(card_group, "card")
main.add_command(labels_group, "labels")
main.add_command(demo)
main.add_command(enrol)
main.add_command(sync)


@main.command()
@CONFIG
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Instead of screen.port in station.toml."
)
@click.option("--demo", "as_demo", is_flag=True, hidden=True)
@click.option("--central", hidden=True, help="Where the demo's central record answers.")
@click.option("--parent-pipe", type=int, hidden=True)
def run(
    config: Path, port: int | None, as_demo: bool, central: str | None, parent_pipe: int | None
) -> None:
    """Run this station until it is stopped (Ctrl-C or SIGTERM)."""
    # The pages and their server are a second of imports, which no other command should pay for.
    from kiosk.bootstrap import start

    structlog.configure(logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Log())))
    wait_s = 8 if as_demo else 0
    running = start(
        Folders(config.resolve()), port=port, demo=as_demo, central=central, lock_wait_s=wait_s
    )
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    if parent_pipe is not None:
        threading.Thread(target=_end_with_parent, args=(parent_pipe, ending), daemon=True).start()
    pages = threading.Thread(target=running.serve, name="pages", daemon=True)
    pages.start()
    for problem in () if as_demo else running.problems():
        click.echo(problem, err=True)
    click.echo(f"listening {running.server.url}")
    ending.wait()
    running.stop()


class _Log:
    """Lines to the error stream. One that a full disk does not take is dropped: it must not end the station."""

    def write(self, text: str) -> None:
        # Not through sys.stderr: what it could not write stays in its buffer, and fails again at the end.
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="replace"))

    def flush(self) -> None:
        return


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
    count, faults = journals.verify(existing_store(config))
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
    if not is_proof(code):
        raise click.BadParameter(
            f'"{code}" is no code; on the slip stand six letters and digits, such as 7QK2M9',
            param_hint="CODE",
        )
    zone = ZoneInfo(load_library(config / "library.toml").library.time_zone)
    store = existing_store(config)
    found = journals.find_proof(store, code)
    for body in found:
        click.echo(_told(store, parse(body), zone))
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
    done = existing_store(config).backup(target)
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
    with existing_store(config).begin() as tx:
        journals.confirm_clock(tx, now.at_ms)
    click.echo(f"noted: {datetime.isoformat(now.local, timespec='minutes')} is right")


def _told(store: Store, entry: Entry, zone: ZoneInfo) -> str:
    """An entry in one line: when, what, which copy, and what the patron was told."""
    local = datetime.fromtimestamp(entry.wall_ms / 1000, zone)
    with store.read() as tx:
        copy = tx.copy(entry.copy) if entry.copy else None
    book = f"{copy.title.title} ({copy.barcode})" if copy else entry.copy or ""
    answer = "done" if entry.allowed else f"refused: {entry.reason.value}"
    due = f", due {entry.due_on}" if entry.due_on else ""
    doubt = "" if entry.clock == "sure" else " (the clock was unsure)"
    return (
        f"{local:%Y-%m-%d %H:%M:%S}{doubt}  {entry.act.value}  {book}  {answer}{due}  [{entry.key}]"
    )
