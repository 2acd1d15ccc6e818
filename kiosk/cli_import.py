"""`kiosk import`: patrons and catalogue from files, while the station goes on lending.

Exit 0: all rows taken; 1: some were rejected, or the file cannot be read; 130 or 143: cancelled, nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kiosk.cli_options import CONFIG

if TYPE_CHECKING:
    from kiosk.imports.report import Report
    from kiosk.store.store import Store

# How many rejected rows and warnings the screen shows; the file beside the store has all.
SHOWN = 20


@click.group("import")
def import_group() -> None:
    """Take patrons or the catalogue from a file (CSV, XLSX, MARC); the station may go on running."""


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    for option in (
        click.option("--dry-run", is_flag=True, help="Check and compare; change nothing."),
        CONFIG,
        click.argument("file", type=file),
    ):
        command = option(command)
    return command


@import_group.command("patrons")
@_common
@click.option(
    "--category", help="Category of all, for a file without such a column (a key or name)."
)
def patrons(file: Path, config: Path, dry_run: bool, category: str | None) -> None:
    """Pupils and teachers with their cards, from FILE (.csv, .txt, .xlsx)."""
    _run("patrons", file, config, dry_run=dry_run, category=category)


@import_group.command("catalogue")
@_common
@click.option(
    "--copy-type", help="Type of all copies, for a file without such a column (a key or name)."
)
@click.option(
    "--format",
    "flavour",
    type=click.Choice(["auto", "table", "cnmarc", "marc21"]),
    default="auto",
    show_default=True,
    help="What the file is; auto looks into it.",
)
@click.option(
    "--encoding",
    type=click.Choice(["auto", "utf-8", "gb18030", "marc-8"]),
    default="auto",
    show_default=True,
    help="How its letters are written; auto looks into it.",
)
def catalogue(
    file: Path, config: Path, dry_run: bool, copy_type: str | None, flavour: str, encoding: str
) -> None:
    """Titles and copies, from FILE (.csv, .txt, .xlsx, .mrc, .iso)."""
    more = {"copy_type": copy_type, "flavour": flavour, "encoding": encoding}
    _run("catalogue", file, config, dry_run=dry_run, **more)


def _run(kind: str, file: Path, config: Path, **options: Any) -> None:
    from config.settings import load_library, load_station
    from kiosk.folders import Folders, open_store
    from kiosk.imports.run import run_import
    from kiosk.imports.stopping import stopped_by_signals
    from kiosk.imports.values import Options

    folders = Folders(config.resolve())
    library = load_library(folders.config / "library.toml")
    store = open_store(folders, load_station(folders.config / "station.toml"))
    _refuse_if_enrolled(store, kind, file)
    today = datetime.now(ZoneInfo(library.library.time_zone)).date()
    with stopped_by_signals() as stop, _progress() as progress:
        report = run_import(
            store, kind, file, Options(library, today, **options), progress=progress, stop=stop
        )
    store.close()
    _print(report)
    if report.cancelled:
        raise SystemExit(128 + (stop.number or 2))
    if report.rejected:
        raise SystemExit(1)


def _refuse_if_enrolled(store: Store, kind: str, file: Path) -> None:
    """People and titles have one source; what a station took in by itself, the next snapshot would undo."""
    from kiosk.errors import KioskError
    from kiosk.store.lineage import lineage

    with store.read() as tx:
        who = lineage(tx)
    if who:
        raise KioskError(
            f"this station takes patrons and titles from the central record of {who.school}; "
            f"import the file there: central import {kind} {file.name} --school {who.school}"
        )


def _progress() -> Any:
    from kiosk.imports.progress import bar_or_lines

    return bar_or_lines()


def _print(report: Report) -> None:
    from kiosk.imports.report import KEPT_LISTS

    for line in report.problems[:SHOWN]:
        click.echo(line, err=True)
    if len(report.problems) > SHOWN:
        click.echo(f"... and {len(report.problems) - SHOWN} more", err=True)
    if report.file is not None:
        click.echo(
            f"All of them (the newest {KEPT_LISTS} such lists are kept): {report.file}", err=True
        )
    for line in report.summary():
        click.echo(line)
