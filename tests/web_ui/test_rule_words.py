"""Everything that can be wrong with library.toml is told in words of the page, whatever somebody writes into it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from config.faults import ADVICE, read_parts
from config.library import Library
from config.library_checks import check_library
from config.said import Said
from config.settings import Problem, SettingsError, parse_library
from tests.config.samples import SMALL
from web_ui.catalogue import LANGUAGES
from web_ui.console.rule_words import told_problem
from web_ui.words import words

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "config" / "library.toml").read_text(encoding="utf-8")
FILES = ("faults", "table", "library_checks", "rule_checks", "shape_checks", "sheet_checks")
MADE_OF_PARTS = {"same_key", "same_name", "patrons_of_it", "copies_of_it", *ADVICE}
OF_SETTINGS = {"no_end", "not_toml", "twice"}


def codes() -> set[str]:
    """The first words of all calls of `said` where library.toml is checked."""
    files = [ROOT / "config" / f"{name}.py" for name in (*FILES, "said", "settings")]
    found = MADE_OF_PARTS | OF_SETTINGS
    for file in (*files, ROOT / "sync" / "central" / "publishing.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "said":
                first = node.args[0]
                found |= {str(first.value)} if isinstance(first, ast.Constant) else set()
    return found - {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_mistake_has_words_and_no_word_is_idle(language: str) -> None:
    say = words(language)
    assert len(codes()) > 60
    assert {code for code in codes() if not say.has(f"console.rules.why.{code}")} == set()


WRONG: tuple[Any, ...] = (
    "x", "", "长" * 300, -1, 0, 1.5, 10**6, float("nan"), True, [], ["x"], [3], {}, {"a": 1},
    date(2026, 9, 1), time(9, 30), datetime(2026, 9, 1, 9, 30), "25:00", "9", "2026-02-30",
)  # fmt: skip


def slips(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The file with one value spoilt, left out, or one key too many: at every place of it."""
    for place in list(_places(raw)):
        for wrong in WRONG:
            spoilt = deepcopy(raw)
            _owner(spoilt, place)[place[-1]] = wrong
            yield spoilt
        if isinstance(place[-1], str):
            less, more = deepcopy(raw), deepcopy(raw)
            del _owner(less, place)[place[-1]]
            _owner(more, place)["nmae"] = 1
            yield from (less, more)


def _owner(raw: Any, place: tuple[Any, ...]) -> Any:
    for step in place[:-1]:
        raw = raw[step]
    return raw


def _places(raw: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw)
    for step, value in inner:
        yield (*place, step)
        if isinstance(value, dict | list):
            yield from _places(value, (*place, step))


def parts_of(message: Said) -> Iterator[Said]:
    yield message
    for value in message.values.values():
        if isinstance(value, Said):
            yield from parts_of(value)


def test_whatever_stands_at_any_place_of_the_file_is_told_in_words() -> None:
    say, wordless, told = words("zh"), set(), set()
    for raw in slips(tomllib.loads(SMALL)):
        parts, faults = read_parts(Library, raw)
        for fault in (*faults, *check_library(parts)):
            shown = told_problem(Problem("library.toml", fault.key, "", fault.message), say)
            wordless |= {str(fault.message)} if shown.english else set()
            told |= {part.code for part in parts_of(fault.message)}
    assert wordless == set()
    assert len(told) > 25


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('to = "12:30"', 'to = "12：30"', "开放时段 · 第 1 条 · 到", "请写钟点"),
        ("limit = 3", "limit = “3”", "", '“ 是中文标点，请改成英文的 "'),
        ("limit = 3", "limit = ", "", "这一行的写法不对"),
        ("limit = 3", "limit = 3\nlimit = 4", "", "这一项前面已经写过"),
        ("[library]", "[libary]", "", "这里没有这一项；是不是想写“library”？"),
        ("[library]", "[libary]", "图书馆", "缺了这一项；请写上 [library]"),
    ],
)
def test_likely_slips_are_told_with_their_place(old: str, new: str, where: str, what: str) -> None:
    assert old in SHIPPED
    with pytest.raises(SettingsError) as caught:
        parse_library(SHIPPED.replace(old, new, 1).encode(), "library.toml")
    told = [told_problem(one, words("zh")) for one in caught.value.problems]
    assert any(one.where.endswith(where) and one.what.startswith(what) for one in told), told
    assert not any(one.english for one in told), told
