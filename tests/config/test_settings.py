"""Reading settings files: what is shipped is valid, what is broken is told plainly, nothing else ever comes out."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from config.central import Central
from config.faults import read_parts, table_in_list
from config.library import Library
from config.library_checks import check_library
from config.settings import (
    SettingsError,
    check_all,
    load_central,
    load_library,
    load_station,
    parse_library,
)
from config.station import Station
from tests.config.samples import SHIPPED, SMALL, changed, plainly, problems_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("library.toml", "station.toml", "central.toml"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def rewrite(file: Path, old: str, new: str) -> None:
    file.write_text(changed(old, new, file.read_text("utf-8")), "utf-8")


def said(folder: Path) -> list[str]:
    return plainly(check_all(folder))


def test_the_shipped_settings_are_valid() -> None:
    assert check_all(SHIPPED) == []


def keys_of(model: type[BaseModel]) -> Iterator[str]:
    """Every key that may stand in a file of this shape, those of its tables included."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        inner = table_in_list(field.annotation) or field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys_of(inner)


@pytest.mark.parametrize(
    ("file", "model"),
    [("library.toml", Library), ("station.toml", Station), ("central.toml", Central)],
)
def test_every_key_is_explained_in_its_shipped_file(file: str, model: type[BaseModel]) -> None:
    text = (SHIPPED / file).read_text("utf-8")
    missing = [key for key in keys_of(model) if not re.search(rf"\b{key}\b", text)]
    assert missing == []


def test_station_reads_what_is_written() -> None:
    station = load_station(SHIPPED / "station.toml")
    assert station.station.id == "hall-1"
    assert station.visit.idle_s == 20
    assert station.scanners[0].kind == "simulator"
    assert station.central.address == ""


def test_central_reads_what_is_written() -> None:
    central = load_central(SHIPPED / "central.toml")
    assert central.listen.port == 8090
    assert central.schools[0].id == "sunshine"


def test_settings_never_change() -> None:
    library = load_library(SHIPPED / "library.toml")
    with pytest.raises(ValueError, match="frozen"):
        library.returns_any_time = False  # type: ignore[misc]


def test_a_scanner_must_name_its_kind(folder: Path) -> None:
    rewrite(folder / "station.toml", 'kind = "simulator"\n', "")
    assert said(folder) == [
        (
            "station.toml: scanners[0].kind: this key is missing; "
            'write kind = "simulator" or "serial" or "keyboard" or "camera"'
        )
    ]


def test_a_missing_file_is_told(folder: Path) -> None:
    (folder / "station.toml").unlink()
    assert said(folder) == [
        f"station.toml: cannot be read (No such file or directory); put the file at {folder / 'station.toml'}"
    ]


def test_a_station_without_a_central_record_is_complete(folder: Path) -> None:
    (folder / "central.toml").unlink()
    assert check_all(folder) == []


def test_the_problems_of_all_files_are_told_together(folder: Path) -> None:
    rewrite(folder / "library.toml", "limit = 3", "limit = true")
    rewrite(folder / "station.toml", "port = 8080", "port = 80800")
    rewrite(folder / "central.toml", "keep = 14", "keep = 0")
    assert said(folder) == [
        "library.toml: categories[0].limit = true: write a whole number without quotes, such as 3",
        "station.toml: screen.port = 80800: write 65535 or less",
        "central.toml: backup.keep = 0: write 1 or more",
    ]


def test_a_station_stands_in_a_room_of_the_library(folder: Path) -> None:
    rewrite(folder / "station.toml", 'room = "main"', 'room = "teacher"')
    assert said(folder) == [
        'station.toml: station.room = "teacher": library.toml defines no such room; did you mean "teachers"?'
    ]


def test_station_and_central_do_not_share_a_port(folder: Path) -> None:
    rewrite(folder / "central.toml", "port = 8090", "port = 8080")
    assert said(folder) == [
        "central.toml: listen.port = 8080: station.toml uses the same screen.port; write another, such as 8090"
    ]


def test_what_two_files_say_to_each_other_has_its_line_too(folder: Path) -> None:
    rewrite(folder / "station.toml", 'room = "main"', 'room = "teacher"')
    rewrite(folder / "central.toml", "port = 8090", "port = 8080")
    for problem in check_all(folder):
        row = (folder / problem.file).read_text("utf-8").splitlines()[(problem.line or 0) - 1]
        assert problem.value in row, problem


def test_the_central_address_is_an_address(folder: Path) -> None:
    rewrite(folder / "station.toml", 'address = ""', 'address = "10.0.0.5"')
    assert said(folder) == [
        (
            'station.toml: central.address = "10.0.0.5": '
            'write an address such as "https://library.example:8090", or "" for none'
        )
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            SMALL.encode("utf-16"),
            ": the file is saved as UTF-16; save it with the encoding UTF-8",
        ),
        (
            SMALL.encode("gb18030"),
            ", line 3: this is not UTF-8 (perhaps GBK); save the file with the encoding UTF-8",
        ),
    ],
    ids=["UTF-16", "GB18030"],
)
def test_a_wrong_encoding_is_told_plainly(content: bytes, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_library(content, "library.toml")
    assert str(caught.value) == f"library.toml{message}"


def test_a_byte_order_mark_is_no_fault() -> None:
    marked = b"\xef\xbb\xbf" + SMALL.encode()
    assert parse_library(marked, "library.toml") == parse_library(SMALL.encode(), "library.toml")


@pytest.mark.parametrize(
    ("old", "new", "sign", "instead"),
    [
        ('"小学图书馆"', "“小学图书馆”", "“", '"'),
        ('"小学图书馆"', '"小学图书馆”', "”", '"'),
        ("name = ", "name ＝ ", "＝", "="),
        ("[library]", "【library】", "【", "["),
        ("limit = 3", "limit = ３", "３", "3"),
        ('from = "11:30"', "from = 11：30", "：", ":"),
    ],
)
def test_a_chinese_sign_in_place_of_one_of_toml_is_named(
    old: str, new: str, sign: str, instead: str
) -> None:
    (problem,) = problems_of(changed(old, new))
    line = next(n for n, row in enumerate(changed(old, new).splitlines(), 1) if sign in row)
    assert problem.line == line
    assert problem.message.startswith(f"{sign} is a Chinese sign; write {instead} here: ")


def test_chinese_signs_in_texts_and_comments_are_no_fault() -> None:
    assert problems_of(changed('"小学图书馆"', '"小学“图书馆”，好"  # “好”')) == []
    (problem,) = problems_of(changed("limit = 3", "limit =   # “三”"))
    assert "this is not TOML" in problem.message


def test_each_problem_names_its_line_and_the_line_of_the_table_it_clashes_with() -> None:
    text = changed(
        "[[terms]]",
        '[[loan_rules]]\ncategories = ["student"]\ncopy_types = ["book"]\ndays = 7\n\n[[terms]]',
    )
    (problem,) = problems_of(text)
    rows = text.splitlines()
    first = rows.index("[[loan_rules]]")
    second = rows.index("[[loan_rules]]", first + 1)
    assert problem.line is not None
    assert second + 1 < problem.line <= second + 4
    assert f"[[loan_rules]] of line {first + 1} already says" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("limit = 3", "limit = ", 12, "limit =; mend that line"),
        ("limit = 3", "limit = 3\nlimit = 4", 13, "limit = 4; this stands in the file already"),
        ("[[copy_types]]", "[library]\n[[copy_types]]", 14, "[library]; this stands in the file"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(old: str, new: str, line: int, told: str) -> None:
    (problem,) = problems_of(changed(old, new))
    assert problem.line == line
    assert problem.message.startswith("this is not TOML: ")
    assert told in problem.message
    assert "column" not in problem.message


@pytest.mark.parametrize("zone", ["Asia/Beijing", "Asia/Peking", "China/Beijing"])
def test_who_writes_beijing_is_not_sent_to_brunei(zone: str) -> None:
    zoned = changed('name = "小学图书馆"', f'name = "小学图书馆"\ntime_zone = "{zone}"')
    (problem,) = problems_of(zoned)
    assert problem.message == 'there is no such time zone; write one such as "Asia/Shanghai"'


def test_a_key_has_one_spelling_only() -> None:
    said = [p.key for p in problems_of(changed('from = "11:30"', 'begins = "11:30"'))]
    assert said == ["windows[0].from", "windows[0].begins"]


def test_an_empty_file_names_every_table_it_lacks() -> None:
    keys = {p.key for p in problems_of("")}
    assert keys == {
        "library",
        "rooms",
        "categories",
        "copy_types",
        "loan_rules",
        "windows",
        "barcodes",
    }


ODD = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    st.dates() | st.times() | st.datetimes() | st.lists(st.integers(), max_size=2),
    st.sampled_from(["[]", "{}", "[{}]", "[[]]", '{"key": 1}', "[null]"]).map(json.loads),
)


def places(raw: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value, tables and lists included."""
    steps = list(raw) if isinstance(raw, dict) else range(len(raw)) if isinstance(raw, list) else []
    for step in steps:
        yield (*above, step)
        yield from places(raw[step], (*above, step))


@given(st.data())
def test_whatever_stands_in_place_of_a_value_only_faults_come_out(data: st.DataObject) -> None:
    raw = tomllib.loads((SHIPPED / "library.toml").read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(list(places(raw))))
        spot = raw
        for step in way:
            spot = spot[step]
        spot[last] = data.draw(ODD)
    parts, faults = read_parts(Library, raw)
    faults += check_library(parts)
    assert all(str(fault) for fault in faults)
    if not faults:
        Library.model_validate(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_as_settings_and_nothing_else(content: bytes) -> None:
    with pytest.raises(SettingsError):
        parse_library(content, "library.toml")


def test_a_thousand_brackets_are_no_crash() -> None:
    assert problems_of("x = " + "[" * 20_000)
