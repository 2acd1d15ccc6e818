"""Patrons from a table: who is taken, who is not, and that what is there already stays right."""

import os

import pytest

from kiosk.imports.faults import RowFault
from kiosk.imports.report import KEPT_LISTS
from tests.kiosk.imports.taking import Taking, counts, told

HEAD = "学号,卡号,姓名,读者类型,年级,班级,有效期\n"
XIAOMAN = "S1,0000000001,李小满,学生,三年级,2班,2027-07-15\n"
ANAN = "S2,0000000002,王安安,学生,一年级,1班,2027-07-15\n"


def test_the_second_time_nothing_is_new_and_nothing_changes(school: Taking) -> None:
    first = school.take("patrons", HEAD + XIAOMAN + ANAN)
    before = school.all()
    second = school.take("patrons", HEAD + XIAOMAN + ANAN)
    assert counts(first) == {"patron": (2, 0, 0), "card": (2, 0, 0)}
    assert counts(second) == {"patron": (0, 0, 2), "card": (0, 0, 2)}
    assert "patrons: 0 new, 0 changed, 2 as before" in second.summary()
    assert school.all() == before


def test_a_changed_row_changes_only_its_patron(school: Taking) -> None:
    school.take("patrons", HEAD + XIAOMAN + ANAN)
    report = school.take("patrons", HEAD + XIAOMAN.replace("三年级,2班", "四年级,2班") + ANAN)
    assert counts(report)["patron"] == (0, 1, 1)
    assert school.one("SELECT grade, class_name FROM patrons WHERE id = 'S1'") == (4, "四年级2班")


def test_what_staff_and_desk_own_is_never_overwritten(school: Taking) -> None:
    school.take("patrons", HEAD + XIAOMAN)
    school.run("UPDATE patrons SET blocked = 'lost a book'")
    school.run("UPDATE cards SET state = 'lost'")
    report = school.take("patrons", HEAD + XIAOMAN.replace("李小满", "李小曼"))
    assert counts(report) == {"patron": (0, 1, 0), "card": (0, 0, 1)}
    assert school.one("SELECT name, blocked FROM patrons") == ("李小曼", "lost a book")
    assert school.one("SELECT state FROM cards") == "lost"


def test_patrons_whom_the_file_does_not_name_are_left_alone_and_counted(school: Taking) -> None:
    school.take("patrons", HEAD + XIAOMAN + ANAN)
    report = school.take("patrons", HEAD + ANAN)
    assert "1 patrons that the file does not name are left as they are" in report.summary()
    assert school.one("SELECT count(*) FROM patrons") == 2


def test_a_column_that_is_not_there_leaves_the_value_and_an_empty_cell_empties_it(
    school: Taking,
) -> None:
    school.take("patrons", HEAD + XIAOMAN.replace("学生", "教师"))
    school.take("patrons", "学号,卡号,姓名\nS1,0000000001,李小满\n")
    assert school.one("SELECT category, grade, expires_on FROM patrons") == (
        "teacher",
        3,
        "2027-07-15",
    )
    school.take("patrons", "学号,卡号,姓名,有效期\nS1,0000000001,李小满,\n")
    assert school.one("SELECT expires_on FROM patrons") is None


@pytest.mark.parametrize("column", ["卡号", "借书证号", "学号", "number", "读者证号"])
def test_one_number_is_patron_and_card_at_once(school: Taking, column: str) -> None:
    school.take("patrons", f"{column},姓名\n12345,李小满\n")
    assert school.rows("SELECT number, patron_id FROM cards") == [("0000012345", "0000012345")]


def test_a_patron_may_come_without_a_card(school: Taking) -> None:
    school.take("patrons", "学号,卡号,姓名\nS1,,李小满\n")
    assert school.rows("SELECT id FROM patrons") == [("S1",)]
    assert school.rows("SELECT * FROM cards") == []


def test_a_new_card_is_added_beside_the_old_one(school: Taking) -> None:
    school.take("patrons", HEAD + XIAOMAN)
    school.take("patrons", HEAD + XIAOMAN.replace("0000000001", "0000000009"))
    assert school.rows("SELECT number FROM cards ORDER BY 1") == [("0000000001",), ("0000000009",)]


def test_the_category_may_be_given_for_all(school: Taking) -> None:
    school.take("patrons", "卡号,姓名\n0000000001,周老师\n", category="教师")
    assert school.one("SELECT category FROM patrons") == "teacher"
    with pytest.raises(
        RowFault, match='--category "家长" is not known; use one of student/学生/Pupil'
    ):
        school.take("patrons", "卡号,姓名\n0000000001,周老师\n", category="家长")


@pytest.mark.parametrize("word", ["老师", "教师", "teacher", " Teacher ", "ＴＥＡＣＨＥＲ"])
def test_other_words_for_a_category_are_understood(school: Taking, word: str) -> None:
    school.take("patrons", f"卡号,姓名,读者类型\n0000000001,周,{word}\n")
    assert school.one("SELECT category FROM patrons") == "teacher"


@pytest.mark.parametrize(
    ("word", "meant"), [("小学生", "学生"), ("在编教师", "教师"), ("techer", "Teacher")]
)
def test_a_category_that_is_nearly_known_is_asked_back(
    school: Taking, word: str, meant: str
) -> None:
    report = school.take("patrons", f"卡号,姓名,读者类型\n0000000001,周,{word}\n")
    assert f'category "{word}" is not known; did you mean "{meant}"? use one of' in told(report)


def test_a_category_that_the_file_does_not_say_is_told_and_can_be_said_afterwards(
    school: Taking,
) -> None:
    report = school.take("patrons", "卡号,姓名\n0000000001,周老师\n")
    assert report.problems == [
        (
            'file: note: no category in the file for 1 new patrons: counted as "student"; '
            "if that is wrong, import again with a column 读者类别 (category), or with --category"
        )
    ]
    assert school.take("patrons", "卡号,姓名\n0000000001,周老师\n").problems == []
    school.take("patrons", "卡号,姓名\n0000000001,周老师\n", category="老师")
    assert school.one("SELECT category FROM patrons") == "teacher"


def test_the_newest_lists_of_problems_are_kept(school: Taking) -> None:
    folder = school.store.folder / "imports"
    folder.mkdir()
    for day in range(1, 26):
        old = folder / f"202601{day:02d}-120000-patrons.txt"
        old.write_text("old")
        os.utime(old, (day, day))
    report = school.take("patrons", HEAD + XIAOMAN + "S2,1,,学生,,,\n")
    assert report.file is not None
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == KEPT_LISTS == 20
    assert kept[0] == "20260107-120000-patrons.txt"
    assert report.file.name in kept


def test_the_grade_is_read_from_the_class_where_it_has_no_column(school: Taking) -> None:
    school.take("patrons", "卡号,姓名,班级\n0000000001,李小满,三年级2班\n0000000002,王,初一(3)班\n")
    assert school.rows("SELECT grade FROM patrons ORDER BY id") == [(3,), (7,)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("S2,0000000002,,学生,,,", "the name is empty; write the name"),
        (",,王安安,学生,,,", "the number is empty; write the number"),
        (
            "S1,0000000002,王安安,学生,,,",
            'number "S1" is also in line 2; delete one of the two',
        ),
        ("S2,0000000001,王安安,学生,,,", 'card "0000000001" is also in line 2'),
        (
            "S2,0000000002,王安安,家长,,,",
            'category "家长" is not known; use one of student/学生/Pupil',
        ),
        ("S2,0000000002,王安安,,,,", "the category is empty"),
        ("S2,123456789012,王安安,学生,,,", 'card "123456789012" has none of the shapes ##########'),
        ("S2,1.23457E+09,王安安,学生,,,", 'card "1.23457E+09" has lost digits in Excel'),
        ("S2,0000000002,王安安,学生,,,明年", 'expires "明年" is no date'),
        ("S2,0000000002,王\x1b安,学生,,,", 'name "王\\x1b安" holds the character U+001B'),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_others_are_taken(
    school: Taking, row: str, what: str
) -> None:
    report = school.take("patrons", HEAD + XIAOMAN + row + "\n" + "S9,0000000009,赵,学生,,,\n")
    assert report.rejected == 1
    assert report.problems[0].startswith(f"line 3: rejected: {what}")
    assert school.rows("SELECT id FROM patrons ORDER BY 1") == [("S1",), ("S9",)]


def test_a_card_of_another_patron_or_of_a_copy_is_rejected(school: Taking) -> None:
    school.take("patrons", HEAD + XIAOMAN)
    school.run("INSERT INTO titles VALUES (1, 't', '书', '', '', '', '', '', '')")
    school.run(
        "INSERT INTO copies VALUES ('0000000003', 't', 'book', 'on_shelf', '', '', '', NULL, 1)"
    )
    rows = "S7,0000000001,王安安,学生,,,\nS8,0000000003,赵一诺,学生,,,\n"
    report = school.take("patrons", HEAD + rows)
    assert report.problems == [
        (
            'line 2: rejected: card "0000000001" belongs to another patron; '
            "correct the card number, or the number (学号) of the patron"
        ),
        'line 3: rejected: card "0000000003" is the barcode of a copy; give the patron another card',
    ]
    assert school.rows("SELECT id FROM patrons") == [("S1",)]


def test_a_dry_run_tells_everything_and_writes_nothing(school: Taking) -> None:
    before = school.all()
    report = school.take("patrons", HEAD + XIAOMAN + "S2,1,,学生,,,\n", dry_run=True)
    assert counts(report)["patron"] == (1, 0, 0)
    assert (report.rejected, report.summary()[-1]) == (1, "this was a dry run: nothing was written")
    assert school.all() == before


def test_all_problems_are_in_a_file_and_the_first_are_kept_for_the_screen(school: Taking) -> None:
    report = school.take("patrons", HEAD + "".join(f"S{n},{n:010d},,学生,,,\n" for n in range(300)))
    assert (report.rejected, len(report.problems)) == (300, 200)
    assert report.file is not None
    lines = report.file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file.csv: 300 rejected, 0 notes"
    assert lines[-1].startswith("line 301: rejected: the name is empty")
    assert told(report).startswith("line 2: rejected")


def test_what_a_pupil_of_a_vocational_school_learns_is_taken_and_kept(school: Taking) -> None:
    school.take(
        "patrons", "学号,卡号,姓名,班级,所学专业\nS1,0000000001,李小满,2024级1班, 计算机应用 \n"
    )
    assert school.one("SELECT major FROM patrons") == "计算机应用"
    school.take("patrons", HEAD + XIAOMAN)
    assert school.one("SELECT major FROM patrons") == "计算机应用"
    report = school.take("patrons", "学号,卡号,姓名,专业\nS1,0000000001,李小满,会计\n")
    assert counts(report)["patron"] == (0, 1, 0)
