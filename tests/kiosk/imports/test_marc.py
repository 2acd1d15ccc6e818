"""MARC 21 and CNMARC in the letters and with the faults that real files have."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.imports.faults import ImportFailed
from kiosk.imports.marc import letters_of
from kiosk.sample.large import write_cnmarc
from tests.kiosk.imports.records import DREAM, WEB, Fields, counted_in_characters, iso2709
from tests.kiosk.imports.taking import Taking, counts, of_rows, told

TITLES = "SELECT id, title, author, publisher, year, class_number, isbn FROM titles"
COPIES = "SELECT barcode, copy_type, room, shelf, call_number FROM copies ORDER BY 1"


def _take(school: Taking, content: bytes, **options: Any) -> Any:
    return school.take("catalogue", school.file(content, "file.mrc"), **options)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(iso2709(DREAM), id="UTF-8"),
        pytest.param(iso2709(DREAM, "gb18030"), id="GBK"),
        pytest.param(iso2709(DREAM, "marc-8"), id="MARC-8"),
        pytest.param(iso2709(DREAM, leader9=" "), id="UTF-8 that does not say so"),
        pytest.param(iso2709(DREAM, "gb18030", leader9="a"), id="GBK that says UTF-8"),
        pytest.param(counted_in_characters(DREAM, "gb18030"), id="GBK counted in characters"),
        pytest.param(counted_in_characters(DREAM, "utf-8"), id="UTF-8 counted in characters"),
        pytest.param(b"\xef\xbb\xbf" + iso2709(DREAM) + b"\r\n\x1a", id="marks around the record"),
        pytest.param(iso2709(DREAM).rstrip(b"\x1d"), id="without its end mark"),
    ],
)
def test_a_cnmarc_record_is_read_whatever_its_letters(school: Taking, content: bytes) -> None:
    report = _take(school, content)
    assert report.rejected == 0, told(report)
    assert school.rows(TITLES) == [
        (
            "marc:012002000001",
            "红楼梦",
            "曹雪芹，高鹗著",
            "人民文学出版社",
            "1996",
            "I242.4",
            "9787020002207",
        )
    ]
    assert school.rows(COPIES) == [
        ("00000001", "book", "main", "", "I242.4/12"),
        ("00000002", "book", "main", "", "I242.4/12"),
        ("00000003", "book", "main", "三楼", "I242.4/12"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "marc-8"])
def test_a_marc_21_record_is_read(school: Taking, encoding: str) -> None:
    report = _take(school, iso2709(WEB, encoding))
    assert report.rejected == 0, told(report)
    assert school.rows(TITLES) == [
        (
            "marc:OCoLC/ocm0001",
            "Charlotte's web",
            "E.B. White",
            "Harper",
            "2012",
            "PZ7.W58277",
            "9780061124952",
        )
    ]
    assert school.rows(COPIES) == [
        ("00000011", "book", "main", "4", "PZ7/W58"),
        ("00000012", "book", "main", "5", "PZ7 W58"),
    ]


def test_both_flavours_may_stand_in_one_file(school: Taking) -> None:
    report = _take(school, iso2709(DREAM, "gb18030") + iso2709(WEB))
    assert counts(report) == {"title": (2, 0, 0), "copy": (5, 0, 0)}


def test_the_second_time_nothing_is_new_and_nothing_changes(school: Taking) -> None:
    _take(school, iso2709(DREAM) + iso2709(WEB))
    before = school.all()
    report = _take(school, iso2709(DREAM, "gb18030") + iso2709(WEB))
    assert counts(report) == {"title": (0, 0, 2), "copy": (0, 0, 5)}
    assert school.all() == before


def test_a_record_whose_title_was_corrected_is_the_same_title(school: Taking) -> None:
    _take(school, iso2709([(t, v.replace("红楼", "红搂")) for t, v in DREAM]))
    report = _take(school, iso2709(DREAM))
    assert counts(report)["title"] == (0, 1, 0)
    assert school.one("SELECT title FROM titles") == "红楼梦"


def test_a_table_and_records_of_the_same_copies_are_the_same_titles(school: Taking) -> None:
    school.take("catalogue", "条码号,题名\n00000001,红楼梦\n00000002,红楼梦\n00000003,红楼梦\n")
    report = _take(school, iso2709(DREAM))
    assert counts(report) == {"title": (0, 1, 0), "copy": (0, 3, 0)}
    assert school.one("SELECT count(*) FROM titles") == 1


def _without(tag: str) -> Fields:
    return [f for f in DREAM if f[0] != tag]


def _instead(tag: str, text: str) -> Fields:
    return [*_without(tag), (tag, text)]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (iso2709(_without("200")), "the record has no title (200 $a or 245 $a); complete it"),
        (
            iso2709(_without("905")),
            "the record has no copy; export it with its barcodes in field 905 $b",
        ),
        (iso2709(_instead("200", "1 $a $fX")), "the record has no title (200 $a or 245 $a)"),
        (
            iso2709(_instead("905", "  $b12345678901")),
            'barcode "12345678901" has none of the shapes',
        ),
        (iso2709(DREAM)[:90] + b"\x1d", "the directory of the record is damaged"),
        (iso2709(DREAM)[:-60] + b"\x1d", "the record names 8 fields and has 7; export it again"),
        (b"00026rubbish\x1d", "the directory of the record is damaged"),
    ],
)
def test_a_bad_record_is_told_with_its_number_and_the_others_are_taken(
    school: Taking, bad: bytes, what: str
) -> None:
    report = _take(school, iso2709(WEB) + bad + iso2709(_city()))
    assert report.rejected == 1
    assert report.problems[0].startswith(f"record 2: rejected: {what}"), told(report)
    assert school.rows("SELECT title FROM titles ORDER BY 1") == [
        ("Charlotte's web",),
        ("城南旧事",),
    ]


def _city() -> Fields:
    return [("001", "9"), ("200", "1 $a城南旧事"), ("905", "  $b00000021$dI247.7$e3")]


def test_a_bad_copy_beside_good_ones_is_told_by_itself(school: Taking) -> None:
    held = ("905", "  $b00000031$b123456789012$b00000031$dI247.7$e3")
    report = _take(school, iso2709([("001", "9"), ("200", "1 $a城南旧事"), held]))
    assert sorted(of_rows(report)) == [
        'record 1: rejected: barcode "00000031" is also in the same record; delete one of the two',
        (
            'record 1: rejected: barcode "123456789012" has none of the shapes ########; '
            "correct it, or add its shape to [barcodes] in library.toml"
        ),
    ]
    assert school.rows("SELECT barcode FROM copies") == [("00000031",)]


def test_letters_that_were_named_wrongly_reject_the_record(school: Taking) -> None:
    report = _take(school, iso2709(DREAM, "gb18030"), encoding="utf-8")
    assert "the record cannot be read as utf-8" in told(report)
    assert "name its letters with --encoding" in told(report)


def test_the_flavour_may_be_named(school: Taking) -> None:
    report = _take(school, iso2709(DREAM), flavour="marc21")
    assert "the title is empty" in told(report)


def test_a_long_file_without_an_end_mark_is_no_marc(school: Taking) -> None:
    with pytest.raises(ImportFailed, match="it is no ISO 2709 file"):
        _take(school, b"00000" + b"\x1e" + b"x" * 3_000_000)


def test_western_accents_in_marc_8_are_not_taken_for_chinese(school: Taking) -> None:
    """E2 is the acute accent of MARC-8, before its letter; in GBK the two bytes are a Chinese character."""
    record = iso2709([("001", "7"), ("245", "10$aCafX noir"), ("852", "  $p00000041")])
    record = record.replace(b"CafX", b"Caf\xe2e")
    assert letters_of(record) == "marc-8"
    assert _take(school, record).rejected == 0
    assert school.one("SELECT title FROM titles") == "Café noir"


def test_a_directory_in_another_order_than_the_fields_is_followed(school: Taking) -> None:
    record = iso2709(DREAM)
    directory, mark, body = record[24:].partition(b"\x1e")
    entries = [directory[i : i + 12] for i in range(0, len(directory), 12)]
    report = _take(school, record[:24] + b"".join(reversed(entries)) + mark + body)
    assert report.rejected == 0
    assert school.one("SELECT title, isbn FROM titles") == ("红楼梦", "9787020002207")


def test_letters_are_told_by_the_bytes() -> None:
    assert letters_of(iso2709(DREAM)) == "utf-8"
    assert letters_of(iso2709(DREAM, "gb18030")) == "gb18030"
    assert letters_of(iso2709(DREAM, "marc-8")) == "marc-8"


def test_the_sample_writer_makes_records_that_are_taken_whole(
    school: Taking, tmp_path: Path
) -> None:
    path = tmp_path / "large.mrc"
    write_cnmarc(path, 1_000)
    report = school.take("catalogue", path)
    assert (report.rejected, counts(report)["copy"]) == (0, (1_000, 0, 0))
