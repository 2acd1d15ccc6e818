"""library.toml as forms: the shipped file comes back as it was, and a change touches nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from config.rewriting import WrittenOtherwise, rewritten, rows_of, section, sections
from config.settings import SettingsError, parse_library

SHIPPED = (Path(__file__).parents[2] / "config" / "library.toml").read_text(encoding="utf-8")
EVERY = [one.name for one in sections()]


def changed(name: str, rows) -> list[str]:
    """The lines that differ from the shipped file, each with + or -; the new text is a good library.toml."""
    text = rewritten(SHIPPED, name, rows)
    parse_library(text.encode(), "library.toml")
    told = difflib.unified_diff(SHIPPED.splitlines(), text.splitlines(), lineterm="", n=0)
    return [line for line in list(told)[2:] if not line.startswith("@")]


def rows(name: str):
    return list(enumerate(rows_of(SHIPPED, name)))


@pytest.mark.parametrize("name", EVERY, ids=lambda name: name or "top")
def test_what_a_form_shows_and_sends_back_changes_no_letter(name):
    assert rewritten(SHIPPED, name, rows(name)) == SHIPPED


def test_every_key_of_the_file_is_in_a_form():
    library = parse_library(SHIPPED.encode(), "library.toml")
    named = {one.name.partition(".")[0] for one in sections()}
    of_top = {shape.key for shape in section("").shapes}
    assert set(type(library).model_fields) <= named | of_top


def test_a_changed_value_keeps_the_words_behind_it():
    sent = rows("overdue")
    sent[0][1]["block_after_days"] = ["5"]
    gone, new = changed("overdue", sent)
    assert gone.startswith("-block_after_days = 3   # a loan counts")
    assert new == gone.replace("-", "+", 1).replace("= 3", "= 5")


def test_a_new_row_stands_behind_the_last_and_before_what_speaks_of_the_next_section():
    told = {"name": ["早读"], "days": ["mon", "tue"], "from": ["07:30"], "to": ["08:00"]}
    assert [
        line for line in changed("windows", [*rows("windows"), (None, told)]) if line != "+"
    ] == [
        "+[[windows]]",
        '+name = "早读"',
        '+days = ["mon", "tue"]',
        '+from = "07:30"',
        '+to = "08:00"',
    ]


def test_a_row_in_the_middle_and_the_last_one_are_taken_out():
    sent = rows("closures")
    assert '-name = "元旦"' in changed("closures", [sent[0], *sent[2:]])
    last = changed("closures", sent[:-1])
    assert '-name = "暑假"' in last
    assert len(last) == 6


def test_all_rows_may_go_and_come_again():
    without = rewritten(SHIPPED, "quiet", [])
    assert rows_of(without, "quiet") == []
    assert "# quiet: spans" in without
    again = rewritten(without, "quiet", [(None, row) for _, row in rows("quiet")])
    assert parse_library(again.encode(), "x") == parse_library(SHIPPED.encode(), "x")


def test_lists_of_numbers_are_read_with_any_sign_between_them():
    sent = rows("windows")
    sent[0][1]["months"] = ["9，10、11 12"]
    assert changed("windows", sent) == ["+months = [9, 10, 11, 12]"]


def test_what_is_no_number_is_left_for_the_check_to_name():
    sent = rows("categories")
    sent[0][1]["limit"] = ["three"]
    text = rewritten(SHIPPED, "categories", sent)
    with pytest.raises(SettingsError, match=r"categories\[0\].limit"):
        parse_library(text.encode(), "library.toml")


def test_a_section_within_braces_is_left_to_the_text():
    text = SHIPPED.replace("[messages]\n", "[old]\n").replace(
        "returns_any_time = true", 'messages = { idle = "你好" }'
    )
    with pytest.raises(WrittenOtherwise):
        rewritten(text, "messages", [(0, {"idle": ["再见"]})])
