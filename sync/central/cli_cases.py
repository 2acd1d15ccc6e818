"""`central cases`: the questions that stations' journals leave for a person, and their answers.

In the words of the console, in Chinese or English.
"""

from __future__ import annotations

import getpass
import os
import time
from pathlib import Path

import click
from sqlalchemy import Connection

from sync.central import cases
from sync.central.cases import Question, Seen
from sync.central.cli_options import CONFIG, SCHOOL
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.digest import lines
from sync.central.opened import chosen, opened
from sync.central.read import time_zone
from web_ui.catalogue import LANGUAGES, Voice
from web_ui.console.telling import Teller


def _language(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    """The language asked for; else the terminal's, if it is one of ours; else that of the console."""
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    spoken = value or said[:2].lower()
    return spoken if spoken in LANGUAGES else LANGUAGES[0]


LANGUAGE = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    callback=_language,
    help="zh or en; else the terminal's (LANG), else Chinese.",
)
STAFF = click.option(
    "--staff", default=getpass.getuser, help="Who decides; whoever runs this command."
)


@click.group("cases")
def cases_group() -> None:
    """What nobody but a person can decide."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _teller(conn: Connection, school: str, language: str) -> Teller:
    return Teller(Voice(language), time_zone(conn, school), _now_ms())


@cases_group.command("list")
@CONFIG
@SCHOOL
@LANGUAGE
@click.option("--digest", is_flag=True, help="Also what was odd but needs no decision (30 days).")
def show_all(config: Path, school: str | None, language: str, digest: bool) -> None:
    """The open cases, the oldest first."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        tell = _teller(conn, place, language)
        found = cases.questions(conn, place)
        for one in found:
            click.echo(f"{one.id}  {tell.moment(one.opened_ms)}  {_what(tell, one)}")
        if not found:
            click.echo(tell.say("terminal.none"))
        for line in lines(conn, place, _now_ms()) if digest else ():
            told = tell.odd(line)
            parts = (told["where"], told["book"], told["what"])
            click.echo("  ".join([str(line.key), told["when"], *filter(None, parts)]))


@cases_group.command("show")
@CONFIG
@SCHOOL
@LANGUAGE
@click.argument("case")
def show(config: Path, school: str | None, language: str, case: str) -> None:
    """One case with its evidence and the answers there are."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        one = cases.question(conn, place, case)
        tell = _teller(conn, place, language)
        click.echo(_what(tell, one))
        for seen in one.evidence:
            click.echo(f"  {_witness(tell, seen)}")
        if one.barcode:
            click.echo(tell.holder(one))
        by = cases.settled_by(conn, place, one)
    if by:
        click.echo(tell.say("terminal.settled", told=tell.decided(one, by)))
        click.echo(tell.say("terminal.undo_by", case=one.id))
    elif not one.is_open:
        click.echo(tell.say("terminal.answered"))
    for n, choice in enumerate(one.choices if one.is_open else ()):
        proposed = tell.say("terminal.proposed") if n == 0 else ""
        click.echo(f"{n + 1}. {tell.choice(choice)}{proposed}")
    if one.is_open:
        click.echo(tell.say("terminal.settle_by", case=one.id))


@cases_group.command("settle")
@CONFIG
@SCHOOL
@LANGUAGE
@STAFF
@click.argument("case")
@click.argument("number", type=click.IntRange(1), default=1)
def settle(
    config: Path, school: str | None, language: str, staff: str, case: str, number: int
) -> None:
    """Settle CASE by the answer NUMBER of `central cases show`; without one, by the proposed one."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
            tell = _teller(conn, place, language)
        with db.begin(place) as conn:
            one = cases.question(conn, place, case)
            if number > len(one.choices):
                raise CentralError(
                    f"the case has {len(one.choices)} answers; see: central cases show {case}"
                )
            choice = one.choices[number - 1]
            key = Desk(conn, place, staff, _now_ms()).settle(case, choice.value)
    click.echo(tell.say("terminal.settled", told=f"{tell.choice(choice)} ({key})"))
    click.echo(tell.say("terminal.undo_by", case=case))


@cases_group.command("undo")
@CONFIG
@SCHOOL
@LANGUAGE
@STAFF
@click.argument("case")
def undo(config: Path, school: str | None, language: str, staff: str, case: str) -> None:
    """Take the settlement of CASE back: the question is open again."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
            tell = _teller(conn, place, language)
        with db.begin(place) as conn:
            key = Desk(conn, place, staff, _now_ms()).undo(case)
    click.echo(tell.say("terminal.undone", entry=str(key)))


def _what(tell: Teller, one: Question) -> str:
    """What happened, and whether it comes up again."""
    again = tell.say("terminal.again") if one.reopened else ""
    return f"{tell.sentence(one)}{again}"


def _witness(tell: Teller, seen: Seen) -> str:
    """One entry: where, when, what was done, and what the person was shown."""
    told = tell.witness(seen)
    parts = (told["where"], told["when"], told["act"], told["shown"], told["doubt"])
    return "  ".join([told["key"], *filter(None, parts)])
