"""`central station`: which machines are stations, and the one-time codes by which they become one."""

from __future__ import annotations

import io
import time
from pathlib import Path

import click
import segno
from sqlalchemy import select

from sync.central import enrolment
from sync.central.cli_options import CONFIG, ID, SCHOOL
from sync.central.opened import chosen, opened
from sync.central.schema import lineages, stations


@click.group("station")
def station_group() -> None:
    """The stations of a school."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@station_group.command("add")
@CONFIG
@SCHOOL
@click.option("--room", default="", help="The room of library.toml in which it stands.")
@click.argument("station", metavar="ID", callback=ID)
@click.argument("name")
def add(config: Path, school: str | None, room: str, station: str, name: str) -> None:
    """Add the station ID (it never changes) with the NAME that people know it by, and show its first code."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            enrolment.add_station(conn, place, station, name, room)
            made = enrolment.new_code(conn, place, station, _now_ms())
    _show(made, station)


@station_group.command("code")
@CONFIG
@SCHOOL
@click.argument("station")
def code(config: Path, school: str | None, station: str) -> None:
    """A code by which one machine becomes this station, once, within 10 minutes."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            made = enrolment.new_code(conn, place, station, _now_ms())
    _show(made, station)


def _show(code: str, station: str) -> None:
    click.echo(f"Code for {station}: {code}")
    click.echo(
        "It is good once, for 10 minutes. Type it at the station, or let its scanner read this:"
    )
    drawn = io.StringIO()
    segno.make(code, error="m", micro=False).terminal(drawn, compact=True)
    click.echo(drawn.getvalue())


@station_group.command("list")
@CONFIG
@SCHOOL
def show(config: Path, school: str | None) -> None:
    """Show the stations, their epochs, and how far each journal is here."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        ends: dict[str, list[str]] = {}
        for row in conn.execute(
            select(lineages)
            .where(lineages.c.school == place, lineages.c.is_open)
            .order_by(lineages.c.epoch)
        ):
            parked = ", parked" if row.parked else ""
            told = f"epoch {row.epoch}: {row.durable} entries{parked}"
            ends.setdefault(row.station, []).append(told)
        found = select(stations).where(stations.c.school == place).order_by(stations.c.id)
        for row in conn.execute(found):
            state = "revoked" if row.revoked_ms else "; ".join(ends.get(row.id, ["not enrolled"]))
            click.echo(f"{row.id}\t{row.name}\t{row.room}\t{state}")


@station_group.command("revoke")
@CONFIG
@SCHOOL
@click.argument("station")
def revoke(config: Path, school: str | None, station: str) -> None:
    """Serve this station nothing any more; it forgets its cached patrons when it next asks."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            enrolment.revoke(conn, place, station, _now_ms())
    click.echo(f"The station {station} is revoked.")


@station_group.command("choose")
@CONFIG
@SCHOOL
@click.argument("station")
@click.argument("epoch", type=click.IntRange(1))
def choose(config: Path, school: str | None, station: str, epoch: int) -> None:
    """Of two machines with the same disk: the one in the parked EPOCH is the station; the other is shut out."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            enrolment.unpark(conn, place, station, epoch)
    click.echo(f"{station} goes on in epoch {epoch}.")
