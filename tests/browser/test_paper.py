"""What is printed reads back: the real file, printed by Chromium, read from the picture at its real size."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page
from sqlalchemy import insert

from config.library import Library
from config.settings import load_library
from config.sheets import Labels, Sheet
from drivers.decode import Symbology
from drivers.site_profile import SiteProfile
from kiosk.barcodes import Kind, classify
from kiosk.cli import main
from kiosk.pinyin import toned
from kiosk.sheets.faces import label_face
from kiosk.sheets.page import document
from kiosk.sheets.values import LabelText
from kiosk.store.schema import cards, copies, patrons, titles
from tests.browser.paper import (
    codes_on,
    colliding,
    cut_out,
    overflowing,
    paper_sizes,
    photographs,
    printed,
)
from tests.kiosk.school import School

pytestmark = pytest.mark.browser

LONG_TITLE = (
    "Alice's Adventures in Wonderland and Through the Looking-Glass, Complete and Illustrated"
)
SCRIPT = "<script>document.title = 'run'</script> & \"so\" 'on'"
NAMES = (
    "王五",
    "欧阳修文",
    "阿依古丽·买买提吐尔逊江阿卜杜",
    "Maximiliana Alexandra Featherstonehaugh-Cholmondeley",
    "曾一鸣",
    SCRIPT,
    "李四",
)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    made = School(tmp_path)
    yield made
    made.close()


def say(school: School, *changes: tuple[str, str]) -> Library:
    """library.toml with some lines changed."""
    text = school.library_toml.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    school.library_toml.write_text(text, "utf-8")
    return load_library(school.library_toml)


def stock(school: School, numbers: tuple[str, ...], title: str = "新书") -> None:
    with school.store.begin() as tx:
        row = dict.fromkeys(("author", "publisher", "year", "class_number", "isbn"), "")
        tx.conn.execute(
            insert(titles), {"id": title, "title": title, "pinyin": toned(title), **row}
        )
        more = {"title_id": title, "copy_type": "book", "call_number": "TP311.13-43/1024"}
        tx.conn.execute(insert(copies), [{"barcode": number, **more} for number in numbers])


def enrol(school: School, names: tuple[str, ...], class_name: str) -> None:
    with school.store.begin() as tx:
        for n, name in enumerate(names):
            row = {"id": f"n{n}", "name": name, "category": "student", "class_name": class_name}
            tx.conn.execute(insert(patrons), row)
            card = {"number": f"{3_000_000_000 + n}", "patron_id": f"n{n}"}
            tx.conn.execute(insert(cards), card)


def kiosk(school: School, *words: str) -> Path:
    """The file that the command writes."""
    out = school.folder / "paper.html"
    config = str(school.library_toml.parent)
    done = CliRunner().invoke(main, [*words, "--config", config, "--out", str(out), "--force"])
    assert done.exit_code == 0, done.output
    return out


def read_back(page: Page, sheet: Sheet, expected: list[str], start_at: int = 1) -> set[Symbology]:
    """Every label says its number, with each of its codes, and no other place says anything."""
    shots = photographs(page)
    wanted = [""] * (start_at - 1) + expected
    wanted += [""] * (len(shots) * sheet.count - len(wanted))
    seen: set[Symbology] = set()
    for index, number in enumerate(wanted):
        label = cut_out(shots[index // sheet.count], index % sheet.count, sheet)
        found = codes_on(label)
        assert {one.text for one in found} == ({number} if number else set()), (index, number)
        if not number:
            assert np.min(label) == 255, f"place {index} is not blank"
        seen |= {one.symbology for one in found}
    return seen


def narrowest_bars(page: Page) -> list[float]:
    """Of every code in mm, as Chromium lays it out."""
    sizes: list[tuple[float, int]] = page.evaluate(
        """() => [...document.querySelectorAll('svg')].map(
            svg => [svg.getBoundingClientRect().width, svg.viewBox.baseVal.width])"""
    )
    return [width / 96 * 25.4 / modules for width, modules in sizes]


def looks_right(page: Page, pages: int) -> None:
    assert overflowing(page) == []
    assert colliding(page) == []
    assert paper_sizes(page) == [(210, 297)] * pages
    assert min(narrowest_bars(page), default=1) >= 0.25


@pytest.mark.parametrize(
    ("symbology", "qr"), [("Code 128", True), ("Code 39", False), ("Codabar", False)]
)
def test_every_label_reads_back_where_the_sheet_has_it(
    school: School, browser: Browser, symbology: str, qr: bool
) -> None:
    library = say(
        school,
        ('[labels]\nsymbology = "Code 128"', f'[labels]\nsymbology = "{symbology}"'),
        ("qr = false\n\n[labels.sheet]", f"qr = {str(qr).lower()}\n\n[labels.sheet]"),
    )
    file = kiosk(
        school, "labels", "print", "--from", "00000001", "--to", "00000006", "--start-at", "5"
    )
    expected = [f"{n:08d}" for n in range(1, 7)]
    with printed(browser, file) as page:
        looks_right(page, 1)
        seen = read_back(page, library.labels.sheet, expected, start_at=5)
    assert seen == {Symbology(symbology)} | ({Symbology.QR} if qr else set())


@pytest.mark.parametrize(
    ("symbology", "check", "shapes", "numbers"),
    [
        ("Code 128", "mod10", ["###########"], ("79927398713", "00000000000")),
        ("Codabar", "mod16", ["####", "###+"], ("962+", "0079")),
        ("Code 39", "mod43", ["@@@@##@"], ("CODE39W",)),
        ("Code 39", "mod11", ["#########X"], ("080442957X",)),
    ],
)
def test_check_digits_are_printed_as_the_scanner_rules_want_them(
    school: School,
    browser: Browser,
    symbology: str,
    check: str,
    shapes: list[str],
    numbers: tuple[str, ...],
) -> None:
    library = say(
        school,
        ('copy = ["########"]', f"copy = {shapes}".replace("'", '"')),
        ('copy_check_digit = "none"', f'copy_check_digit = "{check}"'),
        ('[labels]\nsymbology = "Code 128"', f'[labels]\nsymbology = "{symbology}"'),
    )
    stock(school, numbers)
    words = [word for number in numbers for word in ("--copy", number)]
    profile = SiteProfile.of(library.barcodes)
    with printed(browser, kiosk(school, "labels", "print", *words)) as page:
        read_back(page, library.labels.sheet, sorted(numbers))
        (shot,) = photographs(page)
    for index in range(len(numbers)):
        for one in codes_on(cut_out(shot, index, library.labels.sheet)):
            assert profile.believes(one)
            assert classify(one.text, library.barcodes).kind is Kind.COPY


def test_cards_with_any_name_are_whole_and_read_back_with_their_backs(
    school: School, browser: Browser
) -> None:
    library = say(
        school,
        ("qr = false\npinyin = false", "qr = true\npinyin = true"),
        ('[cards]\nsymbology = "Code 128"', '[cards]\nsymbology = "Code 39"'),
    )
    enrol(school, NAMES, "特别长的班级名称（民族实验双语）初中二年级12班")
    file = kiosk(
        school,
        "cards",
        "print",
        "--class",
        "特别长的班级名称（民族实验双语）初中二年级12班",
        "--backs",
    )
    sheet = library.cards.sheet
    with printed(browser, file) as page:
        looks_right(page, 2)
        front, back = photographs(page)
        for n, name in enumerate(NAMES):
            found = codes_on(cut_out(front, n, sheet))
            assert [one.text for one in found] == [f"{3_000_000_000 + n}"] * 2, name
        said = [text.replace("\n", "") for text in page.locator("div").all_inner_texts()]
        for name, text in zip(NAMES, said, strict=False):
            assert name.replace(" ", "") in text.replace(" ", "")
        assert "zēng yī míng" in said[4]
        assert page.title() == "cards"
        assert all("本证只限本人使用。" in text for text in said[len(NAMES) :])
        # Turned over its long edge, the back of the last card lies behind it: in the other column.
        assert np.min(cut_out(back, 6, sheet)[20:-20, 20:-20]) == 255
        assert np.min(cut_out(back, 7, sheet)[20:-20, 20:-20]) < 128


def test_long_titles_and_small_labels_stay_whole(school: School, browser: Browser) -> None:
    small = "columns = 5\nrows = 13\nlabel_width = 38.1\nlabel_height = 21.2\nmargin_left = 4.7\nmargin_top = 10.7"
    library = say(
        school,
        (
            "columns = 3\nrows = 8\nlabel_width = 63.5\nlabel_height = 33.9\nmargin_left = 7.2\nmargin_top = 12.9",
            small,
        ),
    )
    numbers = tuple(f"9999000{n}" for n in range(3))
    for number, title in zip(numbers, (LONG_TITLE, "红楼梦" * 60, SCRIPT), strict=True):
        stock(school, (number,), title)
    words = [word for number in numbers for word in ("--copy", number)]
    with printed(browser, kiosk(school, "labels", "print", *words)) as page:
        looks_right(page, 1)
        read_back(page, library.labels.sheet, list(numbers))
    with printed(browser, kiosk(school, "labels", "print", "--spine", *words)) as page:
        looks_right(page, 1)
        lines = page.locator("p.c.b").first.inner_text().split("\n")
        assert "".join(lines) == "TP311.13-431024"
        assert lines[-1] == "1024"


def test_whatever_code_128_can_write_reads_back(browser: Browser, tmp_path: Path) -> None:
    seed = 20261125
    print(f"seed {seed}")
    dice = random.Random(seed)
    signs = [chr(c) for c in range(33, 127)]
    numbers = ["".join(dice.choices(signs, k=dice.randrange(1, 8))) for _ in range(12)]
    numbers += ["".join(dice.choices("0123456789AB", k=dice.randrange(4, 13))) for _ in range(12)]
    settings = Labels()
    face = label_face(settings)
    faces = [face(LabelText(number, "书", "", "馆")) for number in numbers]
    assert all(isinstance(one, str) for one in faces)
    file = tmp_path / "all.html"
    file.write_text(
        document([str(f) for f in faces], settings.sheet, title="t", advice=""), "utf-8"
    )
    with printed(browser, file) as page:
        assert len(re.findall("<svg", page.content())) == 24
        read_back(page, settings.sheet, numbers)
