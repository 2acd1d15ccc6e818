"""`central import` and `central rules`: what every station of a school is told.

Exit 0: all rows taken; 1: some were rejected, or the file cannot be read.
"""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import Any

import click

from sync.central.cli_options import CONFIG, SCHOOL
from sync.central.db import CentralError, Database
from sync.central.opened import chosen, opened

FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group("rules")
def rules_group() -> None:
    """The library.toml of a school."""


@rules_group.command("publish")
@FILE
@CONFIG
@SCHOOL
def rules_publish(file: Path, config: Path, school: str | None) -> None:
    """Put FILE, a library.toml, in force at every station of the school."""
    from sync.central.importing import publish_rules

    with opened(config) as db:
        place = _place(db, school)
        now_ms = time.time_ns() // 1_000_000
        new = publish_rules(db, place, file, staff=getpass.getuser(), now_ms=now_ms)
    what = "are in force" if new else "were in force already"
    click.echo(f"The rules of {file.name} {what} at {place}.")


@click.group("import")
def import_group() -> None:
    """Take patrons or the catalogue from a file (CSV, XLSX, MARC), or all of a station's store."""


@import_group.command("patrons")
@FILE
@CONFIG
@SCHOOL
@click.option("--category", help="Category of all, for a file without such a column.")
def patrons(file: Path, config: Path, school: str | None, category: str | None) -> None:
    """Pupils and teachers with their cards, from FILE (.csv, .txt, .xlsx)."""
    _run("patrons", file, config, school, category=category)


@import_group.command("catalogue")
@FILE
@CONFIG
@SCHOOL
@click.option("--copy-type", help="Type of all copies, for a file without such a column.")
def catalogue(file: Path, config: Path, school: str | None, copy_type: str | None) -> None:
    """Titles and copies, from FILE (.csv, .txt, .xlsx, .mrc, .iso)."""
    _run("catalogue", file, config, school, copy_type=copy_type)


@import_group.command("station")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@CONFIG
@SCHOOL
def station(folder: Path, config: Path, school: str | None) -> None:
    """Patrons, titles and copies of a station that was in use, from its data FOLDER."""
    from kiosk.store.store import Store
    from sync.central.importing import take_over

    store = Store.look(folder)
    if store is None:
        raise CentralError(
            f"{folder} holds no station's store; name the folder of station.toml: store.folder"
        )
    with opened(config) as db:
        counts = take_over(db, _place(db, school), store)
    store.close()
    _tell(counts)


def _run(kind: str, file: Path, config: Path, school: str | None, **options: Any) -> None:
    from kiosk.imports.progress import bar_or_lines
    from kiosk.imports.stopping import stopped_by_signals
    from sync.central.importing import import_file
    from sync.central.rules import rules_in_force

    with opened(config) as db:
        place = _place(db, school)
        with db.read() as conn:
            rules = rules_in_force(conn, place)
        if rules is None:
            raise CentralError(
                f"{place} has no rules yet, which say what categories and copy types there are; "
                "run first: central rules publish library.toml"
            )
        with stopped_by_signals() as stop, bar_or_lines() as progress:
            told: dict[str, Any] = {"progress": progress, "stop": stop, **options}
            report, counts = import_file(db, place, kind, file, rules, **told)
    for line in report.problems:
        click.echo(line, err=True)
    if report.cancelled:
        raise SystemExit(128 + (stop.number or 2))
    for line in report.summary():
        click.echo(line)
    _tell(counts)
    if report.rejected:
        raise SystemExit(1)


def _place(db: Database, school: str | None) -> str:
    with db.read() as conn:
        return chosen(conn, school)


def _tell(counts: dict[str, int]) -> None:
    told = ", ".join(f"{count} of {kind}" for kind, count in counts.items() if count)
    click.echo(f"Rows that stations will hear of: {told or 'none'}.")
