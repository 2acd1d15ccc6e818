"""The `central` command: the library's truth, for one school or a district. Each subcommand is parse, call, print."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from socket import socket
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from sqlalchemy import select

from kiosk.cli_options import Plainly
from kiosk.demo_clock import FollowingClock
from sync.central.cli_cases import cases_group
from sync.central.cli_import import import_group, rules_group
from sync.central.cli_message import message_group
from sync.central.cli_options import CONFIG, ID
from sync.central.cli_station import station_group
from sync.central.db import CentralError, Database
from sync.central.migrate import bring_up
from sync.central.opened import add_school, backups_in, chosen, database, opened, settings_in
from sync.central.roles import Role
from sync.central.schema import schools

LOOPBACK = ("127.0.0.1", "::1", "localhost")
HOUSEKEEPING_S = 3_600


@click.group(cls=Plainly)
def main() -> None:
    """The central record: every station's journal in one place, and what stations are told."""


main.add_command(station_group, "station")
main.add_command(cases_group, "cases")
main.add_command(import_group, "import")
main.add_command(rules_group, "rules")
main.add_command(message_group, "message")


@main.command()
@CONFIG
def init(config: Path) -> None:
    """Make the tables, or bring them up to date (after a backup), and add the schools of central.toml."""
    settings = settings_in(config)
    db = database(config, settings)
    before = bring_up(db, backups_in(config, settings), keep=settings.backup.keep)
    with db.begin() as conn:
        made = [s.id for s in settings.schools if add_school(conn, s.id, s.name, s.name_en)]
    db.close()
    click.echo("The tables were made." if before is None else "The tables are up to date.")
    for school in made:
        click.echo(f"Added the school {school}.")


@main.command()
@CONFIG
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of listen.port.")
@click.option(
    "--behind-proxy", is_flag=True, help="A proxy with TLS stands in front of listen.host."
)
@click.option("--demo-clock", type=click.Path(path_type=Path), hidden=True)
@click.option("--listening", type=int, hidden=True, help="A socket that does, by its number.")
@click.option("--parent-pipe", type=int, hidden=True)
def run(
    config: Path,
    port: int | None,
    behind_proxy: bool,
    demo_clock: Path | None,
    listening: int | None,
    parent_pipe: int | None,
) -> None:
    """Serve stations until it is stopped (Ctrl-C or SIGTERM)."""
    # The pages and their server are a second of imports, which no other command should pay for.
    from sync.central.cli_pages import make_app
    from sync.central.cli_serve import Server, collect_seldom

    settings = settings_in(config)
    host = settings.listen.host
    if host not in LOOPBACK and not behind_proxy:
        raise CentralError(
            f"central.toml: listen.host is {host!r}, beyond this machine, and names must not travel unprotected; "
            "set a proxy with TLS in front and say --behind-proxy, or listen on 127.0.0.1"
        )
    db = database(config, settings)
    bring_up(db, backups_in(config, settings), keep=settings.backup.keep)
    clock = FollowingClock(demo_clock) if demo_clock else now_ms
    public = settings.public
    if behind_proxy and not public.proxy:
        # Every request would seem to come from the proxy's own address, which says nothing of who asks.
        public = public.model_copy(update={"enabled": False})
    if public.school and public.school not in {one.id for one in settings.schools}:
        raise CentralError(
            f"central.toml: public.school = {public.school!r} is no school; write the id of one of [[schools]]"
        )
    app = make_app(db, clock, public=public)
    there = settings.listen.port if port is None else port
    proxy = public.proxy if behind_proxy else ""
    given = None if listening is None else socket(fileno=listening)
    try:
        server = Server(app, host, there, proxy=proxy, listening=given)
    except OSError as error:
        raise CentralError(
            f"{host} port {there} cannot be used ({error.strerror}); stop the program that has it, or correct "
            "listen.host or listen.port in central.toml (--port for one run)"
        ) from error
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    if parent_pipe is not None:
        threading.Thread(target=_end_with_parent, args=(parent_pipe, ending), daemon=True).start()
    threading.Thread(target=server.run, name="calls", daemon=True).start()
    collect_seldom()
    click.echo(f"listening {server.url}")
    sys.stdout.flush()
    _keep_house(db, ending, clock)
    server.close()
    db.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _end_with_parent(pipe: int, ending: threading.Event) -> None:
    import os

    # Nobody writes into this pipe: it only ends, when the parent does, however it ends.
    os.read(pipe, 1)
    ending.set()


def _keep_house(db: Database, ending: threading.Event, clock: Callable[[], int]) -> None:
    """Once an hour; returns at the end. Trouble is logged there: this thread is the whole program."""
    from sync.central.house import keep_house

    while True:
        keep_house(db, clock, now_ms, ending.is_set)
        if ending.wait(HOUSEKEEPING_S):
            return


@main.group()
def school() -> None:
    """The schools that this record keeps."""


@school.command("add")
@CONFIG
@click.argument("school_id", metavar="ID", callback=ID)
@click.argument("name")
@click.option("--name-en", default="", help="Its name in English.")
@click.option("--time-zone", default="Asia/Shanghai", show_default=True)
def school_add(config: Path, school_id: str, name: str, name_en: str, time_zone: str) -> None:
    """Add the school ID (it never changes) with its NAME."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CentralError(
            f"there is no time zone {time_zone!r}; write one such as Asia/Shanghai"
        ) from error
    with opened(config) as db, db.begin() as conn:
        if not add_school(conn, school_id, name, name_en, time_zone):
            raise CentralError(f"there is a school {school_id!r} already; see: central school list")
    click.echo(f"Added the school {school_id}.")


@school.command("list")
@CONFIG
def school_list(config: Path) -> None:
    """Show the schools."""
    with opened(config) as db, db.read() as conn:
        for row in conn.execute(select(schools).order_by(schools.c.id)):
            click.echo(f"{row.id}\t{row.name}\t{row.name_en}\t{row.time_zone}")


@main.group()
def staff() -> None:
    """Who may use the librarians' console."""


@staff.command("add")
@CONFIG
@click.option("--school", "school_id", help="Which school; the only one, if there is one.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="librarian",
    show_default=True,
)
@click.option("--password-stdin", is_flag=True, help="Read the password from one line of input.")
@click.argument("login", callback=ID)
@click.argument("name")
def staff_add(
    config: Path, school_id: str | None, role: str, password_stdin: bool, login: str, name: str
) -> None:
    """Let NAME in as LOGIN. The password is asked for twice; there is none by default."""
    from sync.central.staff import add_staff

    password = _new_password(from_stdin=password_stdin)
    with opened(config) as db, db.begin() as conn:
        place = chosen(conn, school_id)
        add_staff(conn, place, login, name, role, password)
    click.echo(f"{name} may use the console of {place} as {login}.")


@staff.command("password")
@CONFIG
@click.option("--school", "school_id", help="Which school; the only one, if there is one.")
@click.option("--password-stdin", is_flag=True, help="Read the password from one line of input.")
@click.argument("login", callback=ID)
def staff_password(config: Path, school_id: str | None, password_stdin: bool, login: str) -> None:
    """Give LOGIN a new password, for whoever has forgotten it; a lock is lifted, too."""
    from sync.central.staff import change_password

    password = _new_password(from_stdin=password_stdin)
    with opened(config) as db, db.begin() as conn:
        place = chosen(conn, school_id)
        change_password(conn, place, login, password)
    click.echo(f"{login} has a new password at {place}, and has to sign in again.")


def _new_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@main.command()
@CONFIG
def backup(config: Path) -> None:
    """Copy the whole record while it is in use; the newest backup.keep of them are kept."""
    from sync.central.backup import make_backup

    settings = settings_in(config)
    with opened(config) as db:
        made = make_backup(db, backups_in(config, settings), keep=settings.backup.keep)
    click.echo(f"Backup: {made}")


@main.command()
@CONFIG
def verify(config: Path) -> None:
    """Walk every chain and fold every copy anew; exit 1 if anything is not as it must be."""
    from sync.central.verify import faults

    count = 0
    with opened(config) as db:
        for fault in faults(db):
            click.echo(fault)
            count += 1
    if count:
        click.echo(f"{count} faults.", err=True)
        raise SystemExit(1)
    click.echo("Every chain is whole, and the tables are what the entries say.")
