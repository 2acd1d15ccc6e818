"""What staff see when they check the settings and try the rules out."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kiosk.cli_config import config_group, policy_group
from tests.kiosk.lending import SHIPPED, TEXT

EXPLAIN = ["explain", "--category", "student", "--grade", "3", "--copy-type"]
USE = 'use = "in_library"'
LUNCH = ["--at", "2026-11-25T11:45"]


def run(group: click.Group, *words: str) -> Result:
    return CliRunner().invoke(group, words)


def line_of(text: str) -> int:
    return TEXT.splitlines().index(text) + 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("library.toml", "station.toml", "central.toml"):
        shutil.copy(SHIPPED.parent / name, tmp_path / name)
    return tmp_path


def test_config_check_says_that_all_is_well() -> None:
    result = run(config_group, "check")
    assert result.exit_code == 0
    assert "All is well" in result.output
    assert (
        "阳光实验学校图书馆: 2 categories, 4 copy types, 5 loan rules, 4 windows, 2 terms."
        in result.output
    )


def test_config_check_prints_each_problem(folder: Path) -> None:
    library = folder / "library.toml"
    library.write_text(
        TEXT.replace("limit = 10", "limt = 10").replace('"12:30"', '"11:00"', 1), "utf-8"
    )
    result = run(config_group, "check", "--config", str(folder))
    assert result.exit_code == 1
    assert (
        'categories[1].limt = 10: there is no such key here; did you mean "limit"?' in result.output
    )
    assert 'windows[0].to = "11:00": the window ends before it begins' in result.output


def test_explain_prints_verdict_reason_and_the_very_line() -> None:
    result = run(policy_group, *EXPLAIN, "reference", *LUNCH)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "asked:    checkout, student of grade 3, reference, 2026-11-25 11:45 Wed, main",
        "verdict:  refused",
        "reason:   in_library_only: copies of this type are for use in the library only",
        f"decided:  config/library.toml:{line_of(USE)}: {USE} (loan_rules[4].use)",
    ]


def test_explain_tells_the_due_date() -> None:
    result = run(policy_group, *EXPLAIN, "book", *LUNCH)
    assert "verdict:  allowed" in result.output
    assert "due on:   2026-12-09 Wed, 14 days" in result.output


def test_explain_tells_when_a_window_opens() -> None:
    result = run(policy_group, *EXPLAIN, "book", "--at", "2026-11-27T15:00")
    assert "opens at: 2026-11-30T11:30 Mon" in result.output
    assert 'to = "12:30" (windows[0].to)' in result.output


def test_explain_counts_loans() -> None:
    result = run(policy_group, *EXPLAIN, "图书", *LUNCH, "--loans", "3")
    assert "limit_reached" in result.output
    assert "(has 3, allowed 3)" in result.output


@pytest.mark.parametrize(
    ("act", "verdict"), [("renewal", "allowed"), ("checkin", "allowed"), ("use", "allowed")]
)
def test_explain_knows_every_act(act: str, verdict: str) -> None:
    result = run(policy_group, *EXPLAIN, "book", *LUNCH, "--act", act)
    assert f"verdict:  {verdict}" in result.output


@pytest.mark.parametrize("day", ["2000-01-01", "2100-12-31T23:59"])
@pytest.mark.parametrize("act", ["checkout", "renewal", "checkin", "use"])
def test_explain_answers_at_either_end_of_the_years(day: str, act: str) -> None:
    assert run(policy_group, *EXPLAIN, "book", "--at", day, "--act", act).exit_code == 0


def test_explain_without_a_grade_says_where_it_matters() -> None:
    asked = ["explain", "--category", "student", "--copy-type"]
    note = "grades 1, 2 have a rule of their own; ask with --grade"
    assert note in run(policy_group, *asked, "book", *LUNCH).output
    assert note not in run(policy_group, *asked, "reference", *LUNCH).output
    assert note not in run(policy_group, *EXPLAIN, "book", *LUNCH).output


def test_explain_reads_another_library(folder: Path) -> None:
    library = folder / "library.toml"
    library.write_text(TEXT.replace("days = 14", "days = 7"), "utf-8")
    result = run(policy_group, *EXPLAIN, "book", *LUNCH, "--config", str(folder))
    assert "due on:   2026-12-02 Wed, 7 days" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--category", "pupil", "--copy-type", "book"],
            "write one of: student (学生), teacher (教师)",
        ),
        (["--category", "student", "--copy-type", "map"], "write one of: book (图书)"),
        (
            ["--category", "student", "--copy-type", "book", "--room", "x"],
            "write one of: main (借阅大厅)",
        ),
        (
            ["--category", "student", "--copy-type", "book", "--at", "noon"],
            "write one such as 2026-11-25T11:45",
        ),
        (
            ["--category", "student", "--copy-type", "book", "--at", "9999-12-31"],
            "write a year from 2000 to 2100",
        ),
        (
            ["--category", "student", "--copy-type", "book", "--act", "steal"],
            "'checkin', 'checkout'",
        ),
    ],
)
def test_a_question_that_makes_no_sense_names_the_choices(words: list[str], said: str) -> None:
    result = run(policy_group, "explain", *words)
    assert result.exit_code == 2
    assert said in result.output


def test_explain_of_an_invalid_library_says_what_is_wrong(folder: Path) -> None:
    library = folder / "library.toml"
    library.write_text("", "utf-8")
    result = run(policy_group, *EXPLAIN, "book", *LUNCH, "--config", str(folder))
    assert result.exit_code == 1
    assert (
        "library.toml: windows: this key is missing; write at least one [[windows]]"
        in result.output
    )


def test_calendar_prints_a_term_with_windows_closed_days_and_hours() -> None:
    result = run(policy_group, "calendar", "--term", "2026年秋季学期")
    assert result.exit_code == 0
    for said in (
        "2026年秋季学期 / Autumn term 2026: 2026-09-01 to 2027-01-22, all rooms; everything back by 2027-01-15",
        "mon tue wed thu fri 11:30-12:30  午间借还: main; everyone",
        "2026-10-01 to 2026-10-07  closed: 国庆节 / National Day",
        "2026-11-05 to 2026-11-06  closed: 秋季运动会 / Autumn sports days",
        "2026-10-10  runs as wed",
        "  main 借阅大厅: 5.0 hours, does NOT reach 40",
        "  teachers 教师阅览室 (for teacher only): 48.3 hours, reaches 40",
        "  periodicals 期刊阅览室: 25.0 hours, does NOT reach 40",
        "  one room or another: 50.8 hours, reaches 40",
        "Known until 2027-07-09: exchanged working days (holidays.complete_until).",
    ):
        assert said in result.output
    assert "WARNING" not in result.output


def test_a_calendar_beyond_what_is_known_warns() -> None:
    result = run(policy_group, "calendar", "--from", "2027-07-01", "--to", "2027-07-31")
    assert "WARNING: the calendar's data ends on 2027-07-09." in result.output


def test_calendar_of_one_room_says_that_it_does_not_reach_forty_hours() -> None:
    result = run(policy_group, "calendar", "--term", "Autumn term 2026", "--room", "main")
    assert "  main 借阅大厅: 5.0 hours, does NOT reach 40\n" in result.output
    assert "teachers" not in result.output
    assert "07:40-17:20" not in result.output


def test_calendar_of_some_days() -> None:
    result = run(policy_group, "calendar", "--from", "2026-11-23", "--to", "2026-11-29")
    rows = [
        row.split() for row in result.output.splitlines() if row.strip().startswith("2026-11-23")
    ]
    assert rows == [["2026-11-23", *["07:40-17:20"] * 5, "-", "09:00-11:30", "50.8"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--term", "winter"], "write one of: 2026年秋季学期, 2027年春季学期"),
        (["--from", "2026-11-23"], "give either --term, or both --from and --to"),
        (["--from", "2026-11-23", "--to", "2026-11-20"], "--to must come after --from"),
        (["--from", "2026-11-23", "--to", "2036-11-20"], "by at most 400 days"),
        (["--from", "23.11.2026", "--to", "2026-11-20"], "does not match the format"),
        (["--room", "cellar"], "write one of: main (借阅大厅)"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(words: list[str], said: str) -> None:
    result = run(policy_group, "calendar", *words)
    assert result.exit_code == 2
    assert said in result.output
