"""library.toml: each thing that may be wrong is refused with file, key, value and what to write."""

from __future__ import annotations

import pytest

from config.settings import parse_library
from tests.config.samples import SMALL, changed, plainly, problems_of

RULE = '[[loan_rules]]\ncategories = ["student"]\ncopy_types = ["book"]\ndays = 14\n'
TERM = "return_by = 2027-01-15\n"
LUNCH = 'to = "12:30"\n'

WRONG = {
    "an unknown key names the nearest known one": (
        "limit = 3",
        "limit = 3\ntype_numbr = true",
        'categories[0].type_numbr = true: there is no such key here; did you mean "type_number"?',
    ),
    "an unknown table names the nearest known one": (
        "[barcodes]",
        "[overdu]\n[barcodes]",
        'overdu = {}: there is no such key here; did you mean "overdue"?',
    ),
    "a number in quotes": (
        "days = 14",
        'days = "14"',
        'loan_rules[0].days = "14": write a whole number without quotes, such as 3',
    ),
    "a truth value in quotes": (
        "limit = 3",
        'limit = 3\ntype_number = "yes"',
        'categories[0].type_number = "yes": write true or false, without quotes',
    ),
    "a hold shelf that keeps nothing": (
        "[barcodes]",
        "[hold_shelf]\ndays = 0\n[barcodes]",
        "hold_shelf.days = 0: write 1 or more",
    ),
    "a negative number": ("limit = 3", "limit = -1", "categories[0].limit = -1: write 0 or more"),
    "a missing key": (
        "limit = 3\n",
        "",
        "categories[0].limit: this key is missing; write limit = 3",
    ),
    "an unknown weekday": (
        '"mon", "tue"',
        '"mon", "tues"',
        'windows[0].days[1] = "tues": did you mean "tue"?',
    ),
    "a time that is none": (
        'from = "11:30"',
        'from = "25:30"',
        'windows[0].from = "25:30": there is no such time of day; write one from "00:00" to "23:59"',
    ),
    "a day the calendar does not have": (
        "begins = 2026-09-01",
        'begins = "2026-09-31"',
        'terms[0].begins = "2026-09-31": write a date of the calendar such as 2026-09-01',
    ),
    "junior grades that end before primary ones": (
        "[barcodes]",
        "[goals]\nprimary_up_to_grade = 6\njunior_up_to_grade = 6\n[barcodes]",
        "goals.junior_up_to_grade = 6: junior grades end after primary ones; write 7 or more",
    ),
    "a share of more than all": (
        "[barcodes]",
        "[goals]\nin_order_percent = 950\n[barcodes]",
        "goals.in_order_percent = 950: write 100 or less",
    ),
    "a window that ends before it begins": (
        LUNCH,
        'to = "11:00"\n',
        'windows[0].to = "11:00": the window ends before it begins; write a time after 11:30',
    ),
    "a window in an unknown room": (
        LUNCH,
        LUNCH + 'rooms = ["mian"]\n',
        'windows[0].rooms = "mian": rooms defines no such key; did you mean "main"?',
    ),
    "a window whose last day comes first": (
        LUNCH,
        LUNCH + "first_day = 2026-11-02\nlast_day = 2026-10-31\n",
        (
            "windows[0].last_day = 2026-10-31: the window's last day comes before its first; "
            "write 2026-11-02 or later"
        ),
    ),
    "a lending window outside every term": (
        LUNCH,
        LUNCH + "first_day = 2026-08-03\n",
        (
            "windows[0].first_day = 2026-08-03: nothing is lent outside a term; write a date "
            'from 2026-09-01 to 2027-01-22, or acts = ["checkin", "use"]'
        ),
    ),
    "a single table where a list is wanted": (
        "[[windows]]",
        "[windows]",
        (
            'windows = {name = "lunch", days = ["mon", "tue", "wed", "thu", "fri"], from = "11:30", ...: '
            "write [[windows]] with two brackets on each side: it is a list of tables"
        ),
    ),
    "a rule for an unknown category": (
        'categories = ["student"]\n',
        'categories = ["student", "techer"]\n',
        'loan_rules[0].categories = "techer": categories defines no such key; write one of: student',
    ),
    "a rule for an unknown copy type": (
        'copy_types = ["book"]',
        'copy_types = ["book", "boook"]',
        'loan_rules[0].copy_types = "boook": copy_types defines no such key; did you mean "book"?',
    ),
    "a second rule for the same category and copy type": (
        RULE,
        RULE + RULE.replace("14", "7"),
        (
            'loan_rules[1].copy_types = ["book"]: the [[loan_rules]] of line 18 already says what holds for '
            'category "student" and copy type "book"; remove it from one'
        ),
    ),
    "two rules for the same grade": (
        RULE,
        RULE + RULE + "grades = [1, 2]\n" + RULE + "grades = [2]\n",
        (
            'loan_rules[2].copy_types = ["book"]: the [[loan_rules]] of line 22 already says what holds for '
            'category "student", grade 2 and copy type "book"; remove it from one'
        ),
    ),
    "a copy type without a rule": (
        "[[loan_rules]]",
        '[[copy_types]]\nkey = "map"\nname = "地图"\n[[loan_rules]]',
        (
            'loan_rules: no rule for category "student" and copy type "map"; '
            'add one, with use = "in_library" if it is not lent'
        ),
    ),
    "rules for some grades only": (
        "days = 14",
        "days = 14\ngrades = [1, 2]",
        (
            'loan_rules: only grades 1, 2 have a rule for category "student" and copy type "book"; '
            "add one without grades for all others"
        ),
    ),
    "a loan without a length": (
        "days = 14\n",
        "",
        'loan_rules[0].days = 0: write the length of the loan in days, or use = "in_library"',
    ),
    "copies that stay in the library, yet for 14 days": (
        "days = 14",
        'days = 14\nuse = "in_library"',
        'loan_rules[0].days = 14: copies for use = "in_library" are not lent; leave this out',
    ),
    "a length of renewals that are not allowed": (
        "days = 14",
        "days = 14\nrenewal_days = 7",
        (
            "loan_rules[0].renewal_days = 7: this rule allows no renewals; "
            "write renewals = 1, or leave renewal_days out"
        ),
    ),
    "a term that ends before it begins": (
        "ends = 2027-01-22",
        "ends = 2026-01-22",
        "terms[0].ends = 2026-01-22: the term ends before it begins; write 2026-09-01 or later",
    ),
    "a return-by date outside its term": (
        TERM,
        "return_by = 2027-02-15\n",
        (
            "terms[0].return_by = 2027-02-15: this lies outside the term; "
            "write a date from 2026-09-01 to 2027-01-22"
        ),
    ),
    "terms that overlap": (
        TERM,
        TERM
        + '[[terms]]\nname = "spring"\nbegins = 2027-01-20\nends = 2027-07-01\nreturn_by = 2027-06-20\n',
        "terms[1].begins = 2027-01-20: this term overlaps autumn; write a date after 2027-01-22",
    ),
    "a closure that ends before it begins": (
        "[barcodes]",
        '[[closures]]\nname = "fair"\nfrom = 2026-11-06\nto = 2026-11-05\n[barcodes]',
        "closures[0].to = 2026-11-05: this comes before the first day; write 2026-11-06 or later",
    ),
    "an open day on which no window runs": (
        "[barcodes]",
        "[[open_days]]\nfrom = 2026-11-14\n[barcodes]",
        (
            'open_days[0] = {from = 2026-11-14}: no window runs on "sat"; '
            'write as = "fri" to run Friday\'s windows'
        ),
    ),
    "a time zone that is none": (
        'name = "小学图书馆"',
        'name = "小学图书馆"\ntime_zone = "Asia/Shangai"',
        'library.time_zone = "Asia/Shangai": there is no such time zone; did you mean "Asia/Shanghai"?',
    ),
    "a default room that is none": (
        'name = "小学图书馆"',
        'name = "小学图书馆"\nroom = "hall"',
        'library.room = "hall": rooms defines no such key; write one of: main',
    ),
    "a country without holidays": (
        "[barcodes]",
        '[holidays]\ncountry = "XX"\n[barcodes]',
        (
            'holidays.country = "XX": no holidays are known for this country; '
            'write a code such as "CN", or enabled = false'
        ),
    ),
    "two categories of one key": (
        "[[copy_types]]",
        '[[categories]]\nkey = "student"\nname = "again"\nlimit = 1\n[[copy_types]]',
        'categories[1].key = "student": the [[categories]] of line 9 has the same key; write another',
    ),
    "a category that no window lets check out": (
        LUNCH,
        LUNCH + 'acts = ["checkin", "use"]\n',
        (
            'categories[0].key = "student": no window lets this category check out; '
            "add it to the categories of a window"
        ),
    ),
    "quiet that ends before it begins": (
        "[barcodes]",
        '[[quiet]]\ndays = ["mon"]\nfrom = "13:00"\nto = "12:00"\n[barcodes]',
        'quiet[0].to = "12:00": the quiet time ends before it begins; write a time after 13:00',
    ),
    "a card that could be a copy": (
        'copy = ["########"]',
        'copy = ["2#########"]',
        (
            'barcodes.card[0] = "##########": a copy "2#########" could be taken for this card; '
            "give one of them another length or letters"
        ),
    ),
    "a copy that could be an ISBN": (
        'copy = ["########"]',
        'copy = ["9############"]',
        (
            'barcodes.copy[0] = "9############": the ISBN on the back of a book (978, 979) '
            "fits this shape too; write another length"
        ),
    ),
    "a command that could be a copy": (
        'copy = ["########"]',
        'copy = ["########"]\ncommands = {finish = "00000000"}',
        (
            'barcodes.commands.finish = "00000000": this could be taken for a card or copy '
            '("########"); write another'
        ),
    ),
    "one barcode for two commands": (
        'copy = ["########"]',
        'copy = ["########"]\ncommands = {finish = "STOP", language = "STOP"}',
        'barcodes.commands.language = "STOP": finish has the same barcode; write another',
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_key_value_and_what_to_write(
    old: str, new: str, said: str
) -> None:
    assert plainly(problems_of(changed(old, new))) == [f"library.toml: {said}"]


def test_a_small_library_is_valid_and_says_what_was_left_out() -> None:
    library = parse_library(SMALL.encode(), "library.toml")
    assert library.returns_any_time is True
    assert library.library.time_zone == "Asia/Shanghai"
    assert library.overdue.block_from_count == 1
    assert library.hold_shelf.days == 7
    assert library.holidays.warn_days == 60
    assert library.windows[0].acts == ("checkout", "checkin", "renewal", "use")


def test_a_window_of_no_length_is_refused() -> None:
    assert [p.key for p in problems_of(changed(LUNCH, 'to = "11:30"\n'))] == ["windows[0].to"]


def test_all_problems_are_told_at_once() -> None:
    text = changed("limit = 3", "limt = 3")
    text = changed("days = 14", 'days = "14"', text)
    text = changed('to = "12:30"', 'to = "11:00"', text)
    text = changed("return_by = 2027-01-15", "return_by = 2027-02-15", text)
    keys = {p.key for p in problems_of(text)}
    assert keys == {
        "categories[0].limit",
        "categories[0].limt",
        "loan_rules[0].days",
        "terms[0].return_by",
        "windows[0].to",
    }


def test_a_bad_category_is_not_called_unknown_where_it_is_used() -> None:
    keys = [p.key for p in problems_of(changed("limit = 3", 'limit = "3"'))]
    assert keys == ["categories[0].limit"]


def test_a_rule_with_grades_may_meet_one_without() -> None:
    assert problems_of(changed(RULE, RULE + RULE + "grades = [1, 2]\n")) == []


def test_times_and_dates_may_be_written_with_or_without_quotes() -> None:
    text = changed('from = "11:30"', "from = 11:30:00")
    text = changed("begins = 2026-09-01", 'begins = "2026-09-01"', text)
    assert parse_library(text.encode(), "library.toml") == parse_library(
        SMALL.encode(), "library.toml"
    )
