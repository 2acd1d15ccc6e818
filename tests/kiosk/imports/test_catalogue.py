"""The catalogue from a table: copies, titles, and what makes two rows the same title."""

import pytest

from kiosk.imports.values import title_id
from kiosk.store.search import find
from tests.kiosk.imports.taking import Taking, counts, of_rows, told

HEAD = "条码号,题名,责任者,出版社,ISBN,分类号,种次号,馆藏地点,书架,文献类型\n"
DREAM = "00000001,红楼梦,曹雪芹 著,人民文学出版社,978-7-02-000220-7,I242.4,1,借阅大厅,4,图书\n"
DREAM_2 = DREAM.replace("00000001", "00000002")
CITY = "00000003,城南旧事,林海音 著,,,I247.7,8,,4,\n"
COPY = (
    "SELECT barcode, title, copy_type, state, shelf, room, call_number"
    " FROM copies JOIN titles ON titles.id = title_id"
)


def _find(school: Taking, typed: str) -> list[tuple[str, int]]:
    with school.store.read() as tx:
        found, _ = find(tx.conn, typed, in_library_types=frozenset())
    return [(f.book.title, f.copies) for f in found]


def test_copies_and_their_titles_are_taken_and_found(school: Taking) -> None:
    report = school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY)
    assert counts(report) == {"title": (2, 0, 0), "copy": (3, 0, 0)}
    assert school.rows(COPY + " ORDER BY 1") == [
        ("00000001", "红楼梦", "book", "on_shelf", "4", "main", "I242.4/1"),
        ("00000002", "红楼梦", "book", "on_shelf", "4", "main", "I242.4/1"),
        ("00000003", "城南旧事", "book", "on_shelf", "4", "main", "I247.7/8"),
    ]
    assert school.one("SELECT isbn, pinyin FROM titles WHERE title = '红楼梦'") == (
        "9787020002207",
        "hóng lóu mèng",
    )
    assert _find(school, "hlm") == [("红楼梦", 2)]
    assert _find(school, "9787020002207") == [("红楼梦", 2)]


def test_columns_that_only_the_central_record_keeps_do_no_harm(school: Taking) -> None:
    head = HEAD.strip() + ",定价,主题,到馆日期,来源,捐赠人\n"
    more = ",59.70,古典小说,2026-09-01,捐赠,李明\n"
    content = head + DREAM.strip() + more
    assert counts(school.take("catalogue", content)) == {"title": (1, 0, 0), "copy": (1, 0, 0)}
    assert counts(school.take("catalogue", content)) == {"title": (0, 0, 1), "copy": (0, 0, 1)}


def test_the_second_time_nothing_is_new_and_nothing_changes(school: Taking) -> None:
    school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY)
    before = school.all()
    second = school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY)
    assert counts(second) == {"title": (0, 0, 2), "copy": (0, 0, 3)}
    assert school.all() == before


def test_a_corrected_title_is_the_same_title(school: Taking) -> None:
    """By ISBN or hash it would be another; all its copies are in the file, so it is this one, corrected."""
    school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY.replace("城南", "成南"))
    report = school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY)
    assert counts(report) == {"title": (0, 1, 1), "copy": (0, 0, 3)}
    assert school.one("SELECT title, pinyin FROM titles WHERE author = '林海音 著'") == (
        "城南旧事",
        "chéng nán jiù shì",
    )
    assert (_find(school, "城南旧事"), _find(school, "成南")) == ([("城南旧事", 1)], [])
    again = school.take("catalogue", HEAD + DREAM + DREAM_2 + CITY)
    assert counts(again) == {"title": (0, 0, 2), "copy": (0, 0, 3)}


def test_a_reading_that_a_librarian_corrected_stays(school: Taking) -> None:
    school.take("catalogue", HEAD + CITY)
    school.run("UPDATE titles SET pinyin = 'chéng nán jiù shi'")
    report = school.take("catalogue", HEAD + CITY.replace("I247.7", "I247.8"))
    assert counts(report)["title"] == (0, 1, 0)
    assert school.one("SELECT class_number, pinyin FROM titles") == ("I247.8", "chéng nán jiù shi")


def test_a_copy_that_is_another_title_now_moves(school: Taking) -> None:
    school.take("catalogue", HEAD + DREAM + DREAM_2)
    report = school.take(
        "catalogue", HEAD + DREAM_2.replace("红楼梦,", "西游记,").replace("978-7-02-000220-7", "")
    )
    assert counts(report) == {"title": (1, 0, 0), "copy": (0, 1, 0)}
    assert school.rows(COPY + " WHERE barcode = '00000002'")[0][1] == "西游记"


def test_the_state_and_the_last_entry_of_a_known_copy_stay(school: Taking) -> None:
    with_state = HEAD.replace("文献类型", "状态")
    rows = with_state + DREAM.replace("图书", "丢失") + CITY.replace(",4,", ",4,在馆")
    school.take("catalogue", rows)
    assert school.rows("SELECT state FROM copies ORDER BY barcode") == [("lost",), ("on_shelf",)]
    school.run(
        "UPDATE copies SET state = 'on_shelf', last_entry = 'kiosk-1:1:5' WHERE barcode = '00000001'"
    )
    report = school.take("catalogue", rows)
    assert counts(report)["copy"] == (0, 0, 2)
    assert school.one("SELECT state, last_entry FROM copies WHERE barcode = '00000001'") == (
        "on_shelf",
        "kiosk-1:1:5",
    )


def test_a_state_that_is_not_known_counts_as_on_the_shelf_and_is_told(school: Taking) -> None:
    report = school.take("catalogue", "条码号,题名,状态\n00000001,红楼梦,借出\n")
    assert of_rows(report) == [
        'line 2: note: state "借出" counts as on the shelf; loans are not imported'
    ]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (",红楼梦,,,,,,,,", "the barcode is empty; write it (条码号), or delete the row"),
        ("00000009,,,,,,,,,", "the title is empty; write it (题名)"),
        ("00000001,西游记,,,,,,,,", 'barcode "00000001" is also in line 2'),
        ("000000010,西游记,,,,,,,,", 'barcode "000000010" has none of the shapes ########'),
        ("00000009,西游记,,,,,,,,光盘", 'copy type "光盘" is not known; use one of book/图书/Book'),
        ("00000009,西\x00游记,,,,,,,,", 'title "西\\x00游记" holds the character U+0000'),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_others_are_taken(
    school: Taking, row: str, what: str
) -> None:
    report = school.take("catalogue", HEAD + DREAM + row + "\n" + CITY)
    assert report.rejected == 1
    assert report.problems[0].startswith(f"line 3: rejected: {what}")
    assert school.one("SELECT count(*) FROM copies") == 2
    assert school.one("SELECT count(*) FROM titles") == 2


def test_a_bad_isbn_is_kept_and_told(school: Taking) -> None:
    report = school.take("catalogue", HEAD + DREAM.replace("000220-7", "000220-8"))
    assert (report.rejected, report.warnings) == (0, 1)
    assert 'ISBN "978-7-02-000220-8" has a wrong check digit or length' in told(report)
    assert school.one("SELECT isbn FROM titles") == "9787020002208"


def test_a_barcode_that_is_a_card_is_rejected(school: Taking) -> None:
    school.run(
        "INSERT INTO patrons (id, name, category, class_name) VALUES ('p', '李', 'student', '')"
    )
    school.run("INSERT INTO cards VALUES ('00000001', 'p', 'active')")
    report = school.take("catalogue", HEAD + DREAM)
    assert report.problems == [
        'line 2: rejected: barcode "00000001" is the number of a card; give the copy another label'
    ]
    assert school.rows("SELECT * FROM titles") == []


def test_a_location_is_a_room_if_the_library_has_it_else_a_shelf(school: Taking) -> None:
    rows = "00000001,红楼梦,期刊阅览室\n00000002,红楼梦,三楼书库\n"
    school.take("catalogue", "条码号,题名,馆藏地点\n" + rows)
    assert school.rows("SELECT room, shelf FROM copies ORDER BY barcode") == [
        ("periodicals", ""),
        ("main", "三楼书库"),
    ]


def test_the_copy_type_may_be_given_for_all(school: Taking) -> None:
    school.take("catalogue", "条码号,题名\n00000001,辞海\n", copy_type="工具书")
    assert school.one("SELECT copy_type FROM copies") == "reference"


def test_a_type_that_the_file_does_not_say_is_told_and_can_be_said_afterwards(
    school: Taking,
) -> None:
    file = "条码号,题名,文献类型\n00000001,辞海,\n00000002,红楼梦,图书\n"
    report = school.take("catalogue", file)
    assert report.problems == [
        (
            'file: note: no copy type in the file for 1 new copies: counted as "book"; '
            "if that is wrong, import again with a column 馆藏类型 (copy type), or with --copy-type"
        )
    ]
    assert school.take("catalogue", file).problems == []
    school.take("catalogue", file, copy_type="工具书")
    assert school.rows("SELECT copy_type FROM copies ORDER BY barcode") == [
        ("reference",),
        ("book",),
    ]


def test_the_identity_of_a_title_does_not_hang_on_spelling_of_marks() -> None:
    plain = {"title": "三体Ⅲ：死神永生", "author": "刘慈欣 著", "publisher": ""}
    other = {"title": "三体Ⅲ:死神永生 ", "author": "刘慈欣著", "publisher": ""}
    assert title_id(plain) == title_id(other)
    assert title_id(plain).startswith("title:")
    assert title_id({**plain, "isbn": "9787229030933"}).startswith("isbn:9787229030933:")
    assert title_id({**plain, "isbn": "9787229030930"}).startswith("title:")
    assert title_id(plain, "CAL012") == "marc:CAL012"


def test_two_books_under_one_isbn_are_two_titles() -> None:
    one, two = (
        {"title": "上册", "isbn": "9787020002207"},
        {"title": "下册", "isbn": "9787020002207"},
    )
    assert title_id(one) != title_id(two)
