"""`kiosk cards print` and `kiosk labels print`: who and what is meant, what is left out, and what is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from kiosk.cli import main
from kiosk.store.schema import cards, copies, patrons, titles
from tests.kiosk.school import (
    CITY,
    DICTIONARY,
    EXPIRED,
    LOST_CARD,
    MISSING,
    SEA,
    SEA_AGAIN,
    WITHDRAWN,
    XIAOMAN,
    School,
)

DRY = "--dry-run"


@pytest.fixture
def folder(school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are written: the working folder."""
    made = tmp_path / "paper"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def kiosk(school: School, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(school.library_toml.parent)])


def labels(school: School, *words: str) -> Result:
    return kiosk(school, "labels", "print", *words)


def print_cards(school: School, *words: str) -> Result:
    return kiosk(school, "cards", "print", *words)


def say(school: School, old: str, new: str) -> None:
    text = school.library_toml.read_text("utf-8")
    assert old in text
    school.library_toml.write_text(text.replace(old, new), "utf-8")


def listed(done: Result) -> list[str]:
    """The numbers that a dry run lists, in order."""
    return re.findall(r"^sheet \d+, +\d+: (\S+)", done.stdout, re.MULTILINE)


def set_call_numbers(school: School, **numbers: str) -> None:
    with school.store.begin() as tx:
        for barcode, call_number in numbers.items():
            row = update(copies).where(copies.c.barcode == barcode.strip("_"))
            tx.conn.execute(row.values(call_number=call_number))


# --- which copies ---


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["--copy", SEA, "--copy", CITY], [CITY, SEA]),
        (["--title", "海底两万里"], [SEA, SEA_AGAIN]),
        (["--from", "00000100", "--to", "00000102"], ["00000100", "00000101", "00000102"]),
        (["--from", "00000118"], ["00000118", "00000119"]),
        (["--to", CITY], [CITY]),
        (["--title", "城南旧事", "--copy", DICTIONARY], [CITY, DICTIONARY]),
    ],
)
def test_copies_are_named_in_many_ways(
    school: School, folder: Path, words: list[str], numbers: list[str]
) -> None:
    done = labels(school, *words, DRY)
    assert (done.exit_code, listed(done)) == (0, numbers), done.output
    assert list(folder.iterdir()) == []


def test_a_range_of_call_numbers_is_printed_in_the_order_of_the_shelf(
    school: School, folder: Path
) -> None:
    calls = {CITY: "I247.5/10", SEA: "I247.5/9", SEA_AGAIN: "I25/1", DICTIONARY: "I247/3"}
    set_call_numbers(school, **{f"_{code}": call for code, call in calls.items()})
    done = labels(school, "--call-from", "I246", "--call-to", "I247", DRY)
    assert listed(done) == [DICTIONARY, SEA, CITY]


def test_withdrawn_and_missing_copies_are_left_out_unless_named(
    school: School, folder: Path
) -> None:
    done = labels(school, "--from", WITHDRAWN, "--to", SEA_AGAIN)
    assert done.exit_code == 1
    assert f"{WITHDRAWN} 旧书: withdrawn; name it with --copy to print its label" in done.stderr
    assert f"{MISSING} 找不到的书: missing; name it" in done.stderr
    assert "labels.html: 1 label on 1 sheet" in done.stdout
    named = labels(school, "--copy", WITHDRAWN, DRY)
    assert (named.exit_code, listed(named)) == (0, [WITHDRAWN])


def test_spine_labels_leave_out_copies_without_a_call_number(school: School, folder: Path) -> None:
    set_call_numbers(school, **{f"_{CITY}": "", f"_{SEA}": "X" * 40})
    done = labels(school, "--from", CITY, "--to", DICTIONARY, "--spine")
    assert done.exit_code == 1
    assert f"{CITY}  城南旧事: no call number; enter it in the catalogue" in done.stderr
    assert "the call number does not fit the spine label; use larger labels" in done.stderr
    assert "3 spine labels on 1 sheet" in done.stdout


# --- whose cards ---


def test_the_cards_of_a_class_and_of_nobody_else(school: School, folder: Path) -> None:
    done = print_cards(school, "--class", "三年级2班")
    assert done.exit_code == 0
    assert "cards.html: 2 cards on 1 sheet; print at actual size (100 %)" in done.stdout
    text = (folder / "cards.html").read_text("utf-8")
    for word in ("李小满", "赵欠书", "三年级2班", XIAOMAN, "阳光实验学校图书馆", "借书证"):
        assert word in text
    assert "王安安" not in text
    assert LOST_CARD not in text


def test_patrons_without_a_good_card_are_listed(school: School, folder: Path) -> None:
    with school.store.begin() as tx:
        for n, name in enumerate(("无卡生", "丢卡生")):
            row = {"id": f"n{n}", "name": name, "category": "student", "class_name": "新生班"}
            tx.conn.execute(insert(patrons), row)
        lost = {"number": "2024030288", "patron_id": "n1", "state": "lost"}
        tx.conn.execute(insert(cards), lost)
    done = print_cards(school, "--class", "新生班", "--patron", "p1")
    assert done.exit_code == 1
    assert "n0 无卡生 新生班: no card; give them a card number" in done.stderr
    assert "n1 丢卡生 新生班: card 2024030288 is lost; give them a card number" in done.stderr
    assert "left out: 2, listed above" in done.stderr
    assert "1 card on 1 sheet" in done.stdout


def test_an_expired_patron_gets_a_card_only_by_name(school: School, folder: Path) -> None:
    everybody = print_cards(school, "--all", DRY)
    assert "p4 陈毕业 六年级1班: expired on 2026-07-01; name them with --patron" in everybody.stderr
    assert EXPIRED not in listed(everybody)
    assert listed(print_cards(school, "--patron", EXPIRED, DRY)) == [EXPIRED]


def test_pinyin_stands_over_the_name_if_it_is_wanted(school: School, folder: Path) -> None:
    say(school, "pinyin = false", "pinyin = true")
    assert print_cards(school, "--patron", "p1").exit_code == 0
    assert "lǐ xiǎo mǎn" in (folder / "cards.html").read_text("utf-8")


# --- what cannot be asked for ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["labels", "print"], "say which copies: --copy"),
        (["cards", "print"], "say whose cards: --class"),
        (["labels", "print", "--copy", "12"], "no copy has the label 12; compare it"),
        (["labels", "print", "--title", "海底"], 'no title is called "海底"; there are 海底两万里'),
        (["labels", "print", "--from", "1", "--to", "00000002"], "the same number of characters"),
        (["labels", "print", "--from", "99999990"], "no label can be printed of what was asked"),
        (
            ["cards", "print", "--class", "三年级二班"],
            'the class "三年级二班"; did you mean "三年级2班"?',
        ),
        (["cards", "print", "--patron", "zz"], "no patron or card has the number zz"),
        (["labels", "print", "--all", "--start-at", "25"], "a sheet has 24 labels; write 1 to 24"),
        (["labels", "print", "--all", "--out", "no/x.html"], "there is no folder no; make it"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_there_is(
    school: School, folder: Path, words: list[str], said: str
) -> None:
    done = kiosk(school, *words)
    assert done.exit_code in (1, 2)
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert list(folder.iterdir()) == []


def test_a_file_is_replaced_only_when_it_is_said(school: School, folder: Path) -> None:
    out = folder / "labels.html"
    out.write_text("precious", "utf-8")
    done = labels(school, "--copy", CITY)
    assert done.exit_code == 1
    assert (
        "labels.html is there already; name another file with --out, or add --force" in done.output
    )
    assert out.read_text("utf-8") == "precious"
    assert labels(school, "--copy", CITY, "--force").exit_code == 0
    assert CITY in out.read_text("utf-8")
    assert [path.name for path in folder.iterdir()] == ["labels.html"]


def test_no_store_is_made_where_no_station_has_run(tmp_path: Path, school: School) -> None:
    empty = tmp_path / "empty"
    school.library_toml.parent.rename(empty)
    (empty / "station.toml").write_text(
        (empty / "station.toml").read_text("utf-8").replace('"data"', '"nowhere"'), "utf-8"
    )
    done = CliRunner().invoke(main, ["labels", "print", "--all", "--config", str(empty)])
    assert done.exit_code == 1
    assert "no station has run by the settings in" in done.output


# --- what the scanner would not take, and what does not fit ---


def test_a_number_that_the_station_would_not_take_is_not_printed(
    school: School, folder: Path
) -> None:
    with school.store.begin() as tx:
        tx.conn.execute(insert(titles), {"id": "x", "title": "<b>怪书</b>"})
        for number in ("12345", "79927398714"):
            tx.conn.execute(
                insert(copies), {"barcode": number, "title_id": "x", "copy_type": "book"}
            )
    say(school, 'copy = ["########"]', 'copy = ["########", "###########"]')
    say(school, 'copy_check_digit = "none"', 'copy_check_digit = "mod10"')
    done = labels(school, "--title", "<b>怪书</b>")
    assert done.exit_code == 1
    assert (
        "12345 <b>怪书</b>: the station takes only ########, ########### for a copy; "
        in done.stderr
    )
    assert "79927398714 <b>怪书</b>: wrong check digit (mod10); correct the number" in done.stderr
    assert list(folder.iterdir()) == []


def test_bars_that_do_not_fit_are_refused_by_number_with_the_remedy(
    school: School, folder: Path
) -> None:
    say(school, '[labels]\nsymbology = "Code 128"', '[labels]\nsymbology = "Code 39"')
    say(school, "label_width = 63.5", "label_width = 45")
    done = labels(school, "--copy", CITY)
    assert done.exit_code == 1
    assert (
        f"{CITY}  城南旧事  I247: Code 39 of 8 characters needs 45.5 mm with bars of 0.25 mm, "
        'and the label leaves 41.0 mm; write labels.symbology = "Code 128", which is shorter, '
        "or use wider labels (labels.sheet in library.toml)"
    ) in done.stderr
    assert list(folder.iterdir()) == []


def test_labels_that_are_too_low_for_bars_are_refused(school: School, folder: Path) -> None:
    say(school, "label_height = 33.9", "label_height = 12")
    done = labels(school, "--copy", CITY)
    assert "labels.sheet.label_height in library.toml must be 15 or more" in done.output
    assert done.exit_code == 1


def test_the_lowest_label_that_is_allowed_is_printed(school: School, folder: Path) -> None:
    say(school, "label_height = 33.9", "label_height = 15")
    assert labels(school, "--copy", CITY).exit_code == 0


def test_bars_that_the_cameras_do_not_look_for_are_refused(school: School, folder: Path) -> None:
    text = school.library_toml.read_text("utf-8")
    text = re.sub(r"\[labels\].*?(?=\[screen\])", "", text, flags=re.DOTALL)
    text = re.sub(r"symbologies = .*", 'symbologies = ["EAN-13"]', text)
    school.library_toml.write_text(text, "utf-8")
    done = labels(school, "--copy", CITY)
    assert done.exit_code == 1
    assert 'do not look for "Code 128"; add it to barcodes.symbologies' in done.output


def test_nothing_of_a_name_is_taken_for_html(school: School, folder: Path) -> None:
    with school.store.begin() as tx:
        evil = '</p><script src="http://x.example/"></script>&<b>'
        tx.conn.execute(update(titles).where(titles.c.id == "t1").values(title=evil))
        tx.conn.execute(update(patrons).where(patrons.c.id == "p1").values(name=evil))
    assert labels(school, "--copy", CITY).exit_code == 0
    assert print_cards(school, "--patron", "p1").exit_code == 0
    for file in folder.iterdir():
        text = file.read_text("utf-8")
        assert "<script" not in text
        assert "<b>" not in text
        assert "&lt;script" in text


def test_a_card_without_back_lines_has_no_back(school: School, folder: Path) -> None:
    text = school.library_toml.read_text("utf-8")
    school.library_toml.write_text(re.sub(r"back = \[.*", "back = []", text), "utf-8")
    done = print_cards(school, "--patron", "p1", "--backs")
    assert "cards.back in library.toml is empty; write the lines" in done.output
    assert done.exit_code == 1
