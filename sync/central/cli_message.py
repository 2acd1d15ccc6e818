"""`central message`: what the stations' screens say for the library."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from sync.central import messages
from sync.central.cli_options import CONFIG, SCHOOL
from sync.central.desk import Desk
from sync.central.opened import chosen, opened
from sync.central.read import time_zone


@click.group("message")
def message_group() -> None:
    """What the library says at the stations, to one patron or to everybody."""


@message_group.command("say")
@click.argument("text")
@CONFIG
@SCHOOL
@click.option("--patron", default="", help="Only to this patron, in the visit; else to everybody.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; else until taken back.")  # fmt: skip
def say(text: str, config: Path, school: str | None, patron: str, until: datetime | None) -> None:
    """Say TEXT at every station of the school from its next exchange on."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
            zone = time_zone(conn, place)
        with db.begin(place) as conn:
            to_ms = _end_of(until, zone) if until else None
            name = messages.say(_desk(conn, place), text, patron=patron, to_ms=to_ms)
    click.echo("Stations say it from their next exchange on.")
    click.echo(f"To take it back: central message remove {name}")


@message_group.command("list")
@CONFIG
@SCHOOL
def show_all(config: Path, school: str | None) -> None:
    """What is being said, the newest first."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        zone = time_zone(conn, place)
        found = messages.standing(conn, place, _now_ms())
    for one in found:
        to = f"until {_day(one.to_ms - 1, zone)}" if one.to_ms else "until taken back"
        click.echo(f"{one.id}  to {one.patron or 'everybody'}, {to}: {one.text}")
    if not found:
        click.echo("Nothing is being said.")


@message_group.command("remove")
@click.argument("message")
@CONFIG
@SCHOOL
def remove(message: str, config: Path, school: str | None) -> None:
    """Say MESSAGE (its id) no longer."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            messages.take_back(_desk(conn, place), message)
    click.echo("It is gone from every station at its next exchange.")


def _desk(conn: Connection, school: str) -> Desk:
    return Desk(conn, school, getpass.getuser(), _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _end_of(day: datetime, zone: ZoneInfo) -> int:
    """The midnight that ends the day, UTC milliseconds."""
    return int((day.replace(tzinfo=zone) + timedelta(days=1)).timestamp() * 1000)


def _day(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d")
