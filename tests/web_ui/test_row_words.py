"""Every sentence that the readers of files can say has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

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
