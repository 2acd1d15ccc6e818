"""Every sentence that the readers of files can say has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kiosk.imports.columns import missing
from kiosk.imports.faults import Problem
from web_ui.console.row_words import told_file, told_row
from web_ui.words import words

IMPORTS = Path(__file__).parents[2] / "kiosk" / "imports"
RECORD = Path(__file__).parents[2] / "sync" / "central" / "catalogue_compare.py"


def sample(node: ast.expr) -> str:
    """The sentence with something in its places."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif "shown(" in ast.unparse(part):
            parts.append('"x"')
        elif isinstance(part, ast.FormattedValue):
            parts.append("U+0007"[2:] if part.format_spec else "7")
    return "".join(parts)


def sentences() -> set[str]:
    """All that is said of rows: first arguments of faults, second ones of problems, and of pairs in `warnings`."""
    found = set()
    for file in (*IMPORTS.glob("*.py"), RECORD):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "RowFault" and node.args:
                found.add(sample(node.args[0]))
            if name == "Problem" and len(node.args) > 1:
                found.add(sample(node.args[1]))
            if name == "warnings.append" and isinstance(node.args[0], ast.Tuple):
                found.add(sample(node.args[0].elts[0]))
    return found - {""}


def calls(*names: str) -> list[ast.Call]:
    """All calls of these functions in the readers."""
    trees = (
        ast.parse(file.read_text(encoding="utf-8")) for file in (*IMPORTS.glob("*.py"), RECORD)
    )
    found = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in found if ast.unparse(call.func).split(".")[-1] in names]


# What the commands alone can meet: the console asks for no flavour, and reads a list with headings.
OF_COMMANDS = ("leave out --format",)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_against_a_whole_file_is_told_in_words(language):
    say = words(language)
    told = {sample(call.args[0]) for call in calls("ImportFailed")}
    advice = ast.parse((IMPORTS / "form.py").read_text(encoding="utf-8"))
    told |= {sample(n.value) for n in ast.walk(advice) if isinstance(n, ast.Return) and n.value}
    for why in ("patrons", "catalogue"):
        told |= {f"x has the columns of {why}; use: kiosk import {why}"}
        told |= {f"x: no row of headings in the first 10 rows; it must name {missing(why)}"}
    told -= {"", "7 7", "7 has the columns of 7; use: kiosk import 7"}
    assert len(told) > 12
    for why in told:
        assert told_file(why, say) or any(each in why for each in OF_COMMANDS), why
    of_people = told_file(
        f"x: no row of headings in the first 10 rows; it must name {missing('patrons')}", say
    )
    assert of_people == say("console.rows.file.headings_patrons")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_column_that_a_row_can_be_wrong_in_has_a_name(language):
    say = words(language)
    columns = {"number", "card", "barcode"}
    for call in calls("text", "code", "shaped", "day", "known_key"):
        at = 2 if ast.unparse(call.func).endswith("known_key") else 1
        name = call.args[at] if len(call.args) > at else None
        if isinstance(name, ast.Constant):
            columns.add(str(name.value))
    assert {"name", "class", "major", "expires", "category"} <= columns
    # A name with -- is that of an option of the command.
    nameless = {c for c in columns if not c.startswith("--")} - {
        c for c in columns if say.has(f"console.rows.column.{c.replace(' ', '_')}")
    }
    assert nameless == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_of_a_row_is_told_in_words(language):
    say = words(language)
    told = sentences()
    assert len(told) > 20
    for what in told:
        shown = told_row(Problem(3, what, "?"), say)
        assert shown[1] != "?", what


def test_values_and_places_are_told_in_the_words_of_the_page():
    say = words("zh")
    one = Problem(5, 'barcode "0001" is also in record 3', "delete one of the two")
    assert told_row(one, say) == ("条码“0001”在第 3 条记录已经有了", "两个里删掉一个")
    listed = (
        "use one of book/图书/Book, reference/工具书, or add it to [[copy_types]] in library.toml"
    )
    unknown = told_row(Problem(5, 'copy type "盘" is not known', f"did you mean? {listed}"), say)
    assert unknown[1].startswith("写成下面的一种：book/图书/Book, reference/工具书")
    assert told_row(Problem(1, "something new", "do it"), say) == ("something new", "do it")
    assert told_file("a.csv is a PDF; ask", say).startswith("这是 PDF")
    assert told_file("of another kind", say) == ""
