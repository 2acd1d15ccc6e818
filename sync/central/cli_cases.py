"""`central cases`: the questions that stations' journals leave for a person, and their answers."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from sync.central import cases
from sync.central.cases import Choice, Question, Seen
from sync.central.cli_options import CONFIG, SCHOOL
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.digest import lines
from sync.central.opened import chosen, opened
from sync.central.read import time_zone
from sync.events import Code
from sync.fold import ADMIT, NOT_THEIRS, NOTED, RETURNED, STAYS, WITHDRAW

# What happened, in one sentence. {copy}: the copy; {who}: those it concerns; {where}: the station of the last entry.
SENTENCES = {
    Code.ORDER_UNKNOWN: "{copy} changed hands at two stations, and their clocks do not tell in which order: {who}.",
    Code.RENEW_ORDER_UNKNOWN: "{copy} was renewed for {who} at about the time when it changed hands elsewhere.",
    Code.CARD_STOLEN: "{copy} was lent at {where} with a card of {who} that had been reported stolen before.",
    Code.BARCODE_AMBIGUOUS: "The old label of {copy} was scanned at {where}, and another copy bears it too by now.",
    Code.ILS_REFUSED: "The other library system refused an act on {copy} that took place at {where}.",
    Code.ILS_UNDECIDED: "The other library system does not say whether it took an act on {copy} from {where}.",
    Code.HOLD_TAKEN: "{copy} was kept for somebody else, and was lent to {who} at {where}.",
    Code.ITEM_REAPPEARED: "{copy} was said to be lost, missing or withdrawn, and turned up at {where}.",
    Code.UNKNOWN_ITEM: "{copy} is in no catalogue, and was scanned at {where}.",
    Code.UNKNOWN_PATRON: "{copy} was lent at {where} to a card that nobody has: {who}.",
    Code.UNKNOWN_KIND: "An entry from {where} is of a newer kind than this release reads; it is kept as it came.",
    Code.TAMPER: "The text of an entry from {where} does not match its hash: it was changed or damaged.",
    Code.UNREADABLE: "An entry from {where} cannot be read; it is kept as it came.",
    Code.REVOKED: "An entry came from {where}, which had been revoked; it is kept, and does not count.",
    Code.POISON: "The record failed on an entry from {where}; it is kept unread. Please report this.",
}
CHOICES = {
    STAYS: "the loan stands{to}",
    RETURNED: "the copy is back",
    NOT_THEIRS: "the loan stands, but is nobody's: the card was stolen",
    NOTED: "it is noted, nothing changes",
    WITHDRAW: "the copy is withdrawn after all",
    ADMIT: "all that this station sent after it was revoked counts",
}


@click.group("cases")
def cases_group() -> None:
    """What nobody but a person can decide."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@cases_group.command("list")
@CONFIG
@SCHOOL
@click.option("--digest", is_flag=True, help="Also what was odd but needs no decision (30 days).")
def show_all(config: Path, school: str | None, digest: bool) -> None:
    """The open cases, the oldest first."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        zone = time_zone(conn, place)
        found = cases.questions(conn, place)
        for one in found:
            click.echo(f"{one.id}  {_day(one.opened_ms, zone)}  {sentence(one)}{_again(one)}")
        if not found:
            click.echo("No case is open.")
        for line in lines(conn, place, _now_ms()) if digest else ():
            codes = ", ".join(line.codes)
            click.echo(f"{line.key}  {_day(line.est, zone)}  {line.barcode or '-'}  {codes}")


@cases_group.command("show")
@CONFIG
@SCHOOL
@click.argument("case")
def show(config: Path, school: str | None, case: str) -> None:
    """One case with its evidence and the answers there are."""
    with opened(config) as db, db.read() as conn:
        place = chosen(conn, school)
        one = cases.question(conn, place, case)
        zone = time_zone(conn, place)
        click.echo(f"{sentence(one)}{_again(one)}")
        for seen in one.evidence:
            click.echo(f"  {_told(seen, zone)}")
        if one.barcode:
            click.echo(f"As the record stands, {one.holder or 'nobody'} has {_copy(one)}.")
        by = cases.settled_by(conn, place, one)
    if by:
        click.echo(
            f"Settled by {by.staff}: {by.choice}. To take it back: central cases undo {one.id}"
        )
    elif not one.is_open:
        click.echo("Later entries have answered it.")
    for n, choice in enumerate(one.choices if one.is_open else ()):
        proposed = "  (proposed)" if n == 0 else ""
        click.echo(f"{n + 1}. {answer(choice)}{proposed}")
    if one.is_open:
        click.echo(f"To settle it: central cases settle {one.id} NUMBER")


@cases_group.command("settle")
@CONFIG
@SCHOOL
@click.option("--staff", default=getpass.getuser, help="Who decides; whoever runs this command.")
@click.argument("case")
@click.argument("number", type=click.IntRange(1), default=1)
def settle(config: Path, school: str | None, staff: str, case: str, number: int) -> None:
    """Settle CASE by the answer NUMBER of `central cases show`; without one, by the proposed one."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            one = cases.question(conn, place, case)
            if number > len(one.choices):
                raise CentralError(
                    f"the case has {len(one.choices)} answers; see: central cases show {case}"
                )
            choice = one.choices[number - 1]
            key = Desk(conn, place, staff, _now_ms()).settle(case, choice.value)
    click.echo(
        f"Settled: {answer(choice)} (entry {key}). To take it back: central cases undo {case}"
    )


@cases_group.command("undo")
@CONFIG
@SCHOOL
@click.option("--staff", default=getpass.getuser, help="Who decides; whoever runs this command.")
@click.argument("case")
def undo(config: Path, school: str | None, staff: str, case: str) -> None:
    """Take the settlement of CASE back: the question is open again."""
    with opened(config) as db:
        with db.read() as conn:
            place = chosen(conn, school)
        with db.begin(place) as conn:
            key = Desk(conn, place, staff, _now_ms()).undo(case)
    click.echo(f"Taken back (entry {key}).")


def sentence(one: Question) -> str:
    """What happened."""
    who = " or ".join(one.who) or "somebody"
    where = one.evidence[-1].station if one.evidence else "a station"
    said = SENTENCES[one.code].format(copy=_copy(one), who=who, where=where)
    return said[0].upper() + said[1:]


def answer(choice: Choice) -> str:
    to = f", {choice.patron} has it" if choice.patron else ""
    return CHOICES[choice.kind].format(to=to)


def _copy(one: Question) -> str:
    title = f" ({one.title})" if one.title else ""
    return f"copy {one.barcode}{title}" if one.barcode else "no copy"


def _again(one: Question) -> str:
    return " It was settled once, and its facts have changed since." if one.reopened else ""


def _told(seen: Seen, zone: ZoneInfo) -> str:
    """One entry: when it was, what was done, and what the person was shown."""
    when = _moment(seen.est, zone)
    if seen.hi - seen.lo >= 60_000:
        when += f" (between {_moment(seen.lo, zone)} and {_moment(seen.hi, zone)})"
    if seen.entry is None:
        return f"{seen.key}, {seen.station}, {when}: unreadable"
    entry = seen.entry
    who = f" by {seen.patron}" if seen.patron else ""
    due = f", shown: due on {entry.due_on}" if entry.due_on else ""
    due = f", shown: {entry.days} days" if entry.days and not entry.due_on else due
    refused = "" if entry.allowed else f", refused: {entry.reason}"
    return f"{seen.key}, {seen.station}, {when}: {entry.act}{who}{due}{refused}"


def _moment(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _day(at_ms: int, zone: ZoneInfo) -> str:
    return _moment(at_ms, zone)[:10]
