"""`kiosk config` and `kiosk policy`: check the settings files, try the lending rules out before they are used.

Exit 0: said; 1: a settings file is not valid; 2: the question makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from config.library import Term
from config.settings import SettingsError, check_all, load_library, load_station
from config.toml_lines import find_line
from kiosk import policy, term_view
from kiosk.calendar import SEARCH_DAYS, Rules, here, term_on, zone
from kiosk.cli_options import CONFIG
from kiosk.domain import Act, Copy, Facts, Loan, Now, Patron, RuleRef, Title, Verdict
from kiosk.explain import explain
from kiosk.loan_rules import graded
from kiosk.rulebook import load_rules

DECIDE: dict[str, Callable[..., Verdict]] = {
    "checkout": policy.decide_checkout,
    "renewal": policy.decide_renewal,
    "checkin": policy.decide_checkin,
    "use": policy.decide_use,
}
PIPED_WIDTH = 130
YEARS = range(2000, 2101)


@click.group("config")
def config_group() -> None:
    """Check the settings files."""


@config_group.command("check")
@CONFIG
def check(config: Path) -> None:
    """Say everything that is wrong with library.toml, station.toml and central.toml, or that all is well."""
    problems = check_all(config)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(
            f"{len(problems)} to mend in {config}; nothing of a file with a problem is used.",
            err=True,
        )
        raise SystemExit(1)
    library, station = load_library(config / "library.toml"), load_station(config / "station.toml")
    click.echo(f"All is well in {config}.")
    click.echo(
        f"{library.library.name}: {len(library.categories)} categories, {len(library.copy_types)} copy types, "
        f"{len(library.loan_rules)} loan rules, {len(library.windows)} windows, {len(library.terms)} terms."
    )
    click.echo(
        f"Station {station.station.id} ({station.station.name}), {len(station.scanners)} scanner(s)."
    )


@click.group("policy")
def policy_group() -> None:
    """Try the lending rules out."""


@policy_group.command("explain")
@click.option("--category", required=True, help="Key or name of a category, such as student.")
@click.option("--grade", type=int, help="The patron's grade.")
@click.option("--copy-type", required=True, help="Key or name of a copy type, such as book.")
@click.option(
    "--at", "at_text", help='Local date and time, such as "2026-11-25T11:45". Default: now.'
)
@click.option("--act", type=click.Choice(sorted(DECIDE)), default="checkout", show_default=True)
@click.option("--room", help="Key or name of a room. Default: the library's.")
@click.option(
    "--loans", type=click.IntRange(min=0, max=1000), default=0, help="Copies on loan already."
)
@CONFIG
def explain_command(
    category: str, grade: int | None, copy_type: str, at_text: str | None, act: str, room: str | None,
    loans: int, config: Path,
) -> None:  # fmt: skip
    """Print the verdict, the reason, and the line of configuration that decided."""
    library_file = config / "library.toml"
    rules = _rules(library_file)
    library = rules.library
    patron = Patron("1", "", _chosen(library.categories, category, "--category"), grade)
    copy_key = _chosen(library.copy_types, copy_type, "--copy-type")
    where = _chosen(library.rooms, room or library.library.room, "--room")
    local = _moment(at_text, rules)
    facts = _facts(patron, copy_key, act, loans, local.date())
    verdict = DECIDE[act](facts, rules, Now(int(local.timestamp() * 1000), local), room=where)
    click.echo(f"asked:    {act}, {patron.category}{'' if grade is None else f' of grade {grade}'}, {copy_key}, "
               f"{local:%Y-%m-%d %H:%M %a}, {where}")  # fmt: skip
    _say(_verdict_lines(verdict, library_file))
    if grade is None and (named := graded(rules, patron.category, copy_key)):
        words = ", ".join(map(str, named))
        click.echo(f"note:     grades {words} have a rule of their own; ask with --grade")


@policy_group.command("calendar")
@click.option("--term", "term_name", help="Name of a term. Default: the present or next one.")
@click.option(
    "--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day, instead of a term."
)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, with --from.")
@click.option("--room", help="Key or name of a room. Default: all rooms.")
@CONFIG
def calendar_command(
    term_name: str | None,
    first: datetime | None,
    last: datetime | None,
    room: str | None,
    config: Path,
) -> None:
    """Print a term as a calendar of windows and hours, and whether it reaches 40 opening hours a week."""
    rules = _rules(config / "library.toml")
    today = datetime.now(zone(rules)).date()
    where = _chosen(rules.library.rooms, room, "--room") if room else None
    term = None if first or last else _term(rules, term_name, today)
    if term:
        view = term_view.View(rules, term.begins, term.ends, where)
    else:
        view = term_view.View(rules, *_span(first, last, term_name), where)
    _print_calendar(view, term, today)


def _print_calendar(view: term_view.View, term: Term | None, today: date) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    click.echo(term_view.title(view, term))
    console.print(term_view.weeks_table(view))
    click.echo("Windows:")
    _say(term_view.windows_lines(view))
    click.echo("Closed and moved days:")
    _say(term_view.closed_lines(view))
    _say(term_view.hours_lines(view))
    _say(term_view.data_lines(view, today))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _rules(path: Path) -> Rules:
    try:
        return load_rules(path)
    except SettingsError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from error


def _chosen(rows: Iterable[Any], word: str, option: str) -> str:
    """The key of the row that the word names by key or by name."""
    rows = list(rows)
    for row in rows:
        if word in (row.key, row.name, row.name_en):
            return str(row.key)
    choices = ", ".join(f"{row.key} ({row.name})" for row in rows)
    raise click.BadParameter(f'there is no "{word}"; write one of: {choices}', param_hint=option)


def _moment(text: str | None, rules: Rules) -> datetime:
    if text is None:
        return datetime.now(zone(rules))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f'"{text}" is no date and time; write one such as 2026-11-25T11:45'
        raise click.BadParameter(message, param_hint="--at") from error
    if moment.year not in YEARS:
        message = f'"{text}": write a year from {YEARS[0]} to {YEARS[-1]}'
        raise click.BadParameter(message, param_hint="--at")
    return here(rules, moment)


def _facts(patron: Patron, copy_type: str, act: str, loans: int, today: date) -> Facts:
    """A patron with so many copies of the same type on loan; checkin and renewal are of a loan that is due today."""
    copy = Copy("copy", Title("1", ""), copy_type)
    others = tuple(Loan(str(n), patron.id, 0, today + timedelta(days=1)) for n in range(loans))
    loan = Loan("copy", patron.id, 0, today) if act in (Act.RENEWAL, Act.CHECKIN) else None
    held = (*others, loan) if loan else others
    return Facts(patron, copy=copy, loan=loan, loans=tuple((each, copy_type) for each in held))


def _verdict_lines(verdict: Verdict, library_file: Path) -> Iterable[str]:
    yield f"verdict:  {'allowed' if verdict.allowed else 'refused'}"
    yield f"reason:   {verdict.reason.value}: {explain(verdict)}"
    if verdict.rule:
        yield f"decided:  {_line(verdict.rule, library_file)}"
    if verdict.due_on:
        days = "" if verdict.days is None else f", {verdict.days} days"
        yield f"due on:   {verdict.due_on:%Y-%m-%d %a}{days}"
    if verdict.opens_at:
        yield f"opens at: {verdict.opens_at:%Y-%m-%dT%H:%M %a}"


def _line(rule: RuleRef, library_file: Path) -> str:
    """file:line: text of the line that decided, and its key."""
    if rule.file != library_file.name:
        return f"{rule} (a record, not a line of configuration)"
    line = find_line(library_file.read_text("utf-8"), rule.key)
    return f"{library_file}:{line.number}: {line.text} ({rule.key})" if line else str(rule)


def _term(rules: Rules, name: str | None, today: date) -> Term:
    terms = rules.library.terms
    if not terms:
        raise click.UsageError("library.toml lists no terms; give --from and --to")
    if name is None:
        coming = (t for t in terms if t.ends >= today)
        return term_on(rules, today) or min(coming, key=lambda t: t.begins, default=terms[-1])
    found = next((t for t in terms if name in (t.name, t.name_en)), None)
    if not found:
        choices = ", ".join(t.name for t in terms)
        raise click.BadParameter(
            f'there is no term "{name}"; write one of: {choices}', param_hint="--term"
        )
    return found


def _span(
    first: datetime | None, last: datetime | None, term_name: str | None
) -> tuple[date, date]:
    if term_name or not first or not last:
        raise click.UsageError("give either --term, or both --from and --to")
    if not timedelta(0) <= last - first <= timedelta(days=SEARCH_DAYS):
        raise click.UsageError(f"--to must come after --from, by at most {SEARCH_DAYS} days")
    return first.date(), last.date()
