"""What is scanned decides: the tables are complete, and say what the design's table says."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from kiosk.domain import Patron, Reason
from kiosk.screen import Book, Line, LineKind, Place, Touch
from kiosk.visit import (
    FIRST_BEFORE,
    MOST_LINES,
    MOST_TYPED,
    ON_A_LINE,
    SCANS,
    TOUCHES,
    Move,
    Seen,
    State,
    Visit,
    allows,
    avatar,
    lighting,
    offers,
    with_key,
    with_line,
    with_notice,
    with_return,
)

VISIT = Visit("v1", Patron("p1", "李小满", "student", 3), "2024030217", False, before=("00000009",))


def line(barcode: str = "00000001", kind: LineKind = LineKind.LENT, **more: object) -> Line:
    return Line(id=0, kind=kind, book=Book(barcode=barcode), **more)  # type: ignore[arg-type]


def in_visit(*lines: Line) -> State:
    state = State(place=Place.VISIT, visit=VISIT)
    for each in lines:
        state = with_line(state, each)
    return state


def test_every_scan_has_a_move_with_and_without_a_visit() -> None:
    assert set(SCANS) == set(product((False, True), Seen))
    assert set(SCANS.values()) == set(Move)


def test_every_page_names_its_touches_and_every_touch_has_a_page() -> None:
    assert set(TOUCHES) == set(Place)
    assert frozenset().union(*TOUCHES.values()) == set(Touch)


@pytest.mark.parametrize(
    ("open_visit", "seen", "move"),
    [
        (False, Seen.CARD, Move.OPEN),
        (False, Seen.FREE, Move.CHECKIN),
        (False, Seen.OTHERS, Move.CHECKIN),
        (True, Seen.FREE, Move.CHECKOUT),
        (True, Seen.LENT_NOW, Move.ALREADY),
        (True, Seen.OWN, Move.CHECKIN_OWN),
        (True, Seen.OTHERS, Move.CHECKIN_OTHERS),
        (True, Seen.CARD, Move.SWITCH),
        (False, Seen.ISBN, Move.EXPLAIN),
        (True, Seen.ISBN, Move.EXPLAIN),
        (False, Seen.REPEAT, Move.SOFTLY),
        (True, Seen.REPEAT, Move.SOFTLY),
        (True, Seen.UNKNOWN, Move.EXPLAIN),
    ],
)
def test_what_is_scanned_decides(open_visit: bool, seen: Seen, move: Move) -> None:
    assert SCANS[open_visit, seen] is move


@pytest.mark.parametrize("place", [p for p in Place if p is not Place.VISIT])
def test_no_page_without_a_visit_offers_what_belongs_to_one(place: Place) -> None:
    for touch in ON_A_LINE | {Touch.FINISH, Touch.RENEW_ALL, Touch.SLIP, Touch.PRINT, Touch.NOT_ME}:
        assert not allows(State(place=place), touch, None, None)


def test_a_touch_of_a_visit_that_has_ended_is_refused() -> None:
    state = in_visit()
    assert allows(state, Touch.FINISH, "v1", None)
    assert not allows(state, Touch.FINISH, "v0", None)
    assert not allows(state, Touch.FINISH, None, None)
    assert not allows(State(), Touch.LANGUAGE, "v1", None)


def test_a_line_takes_only_the_touches_it_offers() -> None:
    state = in_visit(line(offers=(Touch.GIVE_BACK,)))
    assert allows(state, Touch.GIVE_BACK, "v1", 1)
    assert not allows(state, Touch.BORROW, "v1", 1)
    assert not allows(state, Touch.GIVE_BACK, "v1", 2)


def test_a_loan_from_before_can_be_renewed_by_its_number_and_nothing_else() -> None:
    state = in_visit()
    assert allows(state, Touch.RENEW, "v1", FIRST_BEFORE)
    assert not allows(state, Touch.GIVE_BACK, "v1", FIRST_BEFORE)
    assert not allows(state, Touch.RENEW, "v1", FIRST_BEFORE + 1)
    assert not allows(state, Touch.RENEW, "v1", -1)


def test_a_book_stands_on_the_screen_once_and_the_newest_is_on_top_and_lit() -> None:
    state = in_visit(line("1"), line("2"), line("1", LineKind.RETURNED))
    assert state.visit is not None
    assert [(each.book.barcode, each.kind, each.lit) for each in state.visit.lines] == [
        ("1", LineKind.RETURNED, True),
        ("2", LineKind.LENT, False),
    ]
    assert [each.id for each in state.visit.lines] == [3, 2]


def test_lines_without_a_book_do_not_push_each_other_out() -> None:
    state = in_visit(line("", LineKind.EXPLAINED), line("", LineKind.EXPLAINED))
    assert state.visit is not None
    assert len(state.visit.lines) == 2


def test_a_repeat_lights_the_line_up_again_and_changes_nothing_else() -> None:
    state = lighting(in_visit(line("1"), line("2")), "1")
    assert state.visit is not None
    assert [(each.book.barcode, each.lit) for each in state.visit.lines] == [
        ("2", False),
        ("1", True),
    ]


def test_the_lines_of_a_visit_are_bounded() -> None:
    state = in_visit(*(line(str(n)) for n in range(MOST_LINES + 5)))
    assert state.visit is not None
    assert len(state.visit.lines) == MOST_LINES


def test_returns_pile_up_and_a_notice_among_them_is_a_line() -> None:
    state = with_return(State(), line("1", LineKind.RETURNED))
    state = with_notice(state, line("x", LineKind.EXPLAINED, reason=Reason.UNKNOWN_COPY))
    assert state.place is Place.RETURNS
    assert [each.book.barcode for each in state.returns] == ["x", "1"]


def test_a_notice_on_the_idle_screen_is_a_page() -> None:
    state = with_notice(State(language="en"), line("x", LineKind.EXPLAINED))
    assert (state.place, state.language) == (Place.NOTICE, "en")


@pytest.mark.parametrize(
    ("place", "keys", "typed"),
    [
        (Place.FIND, "hLm", "hlm"),
        (Place.NUMBER, "12a3", "123"),
        (Place.FIND, "红 \x00é", ""),
        (Place.NUMBER, "1" * 99, "1" * MOST_TYPED),
    ],
)
def test_the_pad_types_only_what_it_shows(place: Place, keys: str, typed: str) -> None:
    state = State(place=place)
    for key in keys:
        state = with_key(state, Touch.KEY, key)
    assert state.typed == typed


def test_erase_takes_one_and_clear_takes_all() -> None:
    state = State(place=Place.FIND, typed="hlm")
    assert with_key(state, Touch.ERASE, "").typed == "hl"
    assert with_key(state, Touch.CLEAR, "").typed == ""
    assert with_key(replace(state, typed=""), Touch.ERASE, "").typed == ""


@pytest.mark.parametrize(
    ("kind", "reason", "own", "others", "expected"),
    [
        (LineKind.LENT, Reason.OK, False, False, (Touch.GIVE_BACK,)),
        (LineKind.RETURNED, Reason.OK, True, False, (Touch.RENEW,)),
        (LineKind.RETURNED, Reason.OK, False, True, (Touch.BORROW,)),
        (LineKind.RETURNED, Reason.OK, False, False, ()),
        (LineKind.REFUSED, Reason.IN_LIBRARY_ONLY, False, False, (Touch.USE,)),
        (LineKind.REFUSED, Reason.OVERDUE, False, False, ()),
        (LineKind.RENEWED, Reason.OK, True, False, (Touch.GIVE_BACK,)),
    ],
)
def test_a_line_offers_the_one_thing_that_makes_sense(
    kind: LineKind, reason: Reason, own: bool, others: bool, expected: tuple[Touch, ...]
) -> None:
    assert offers(kind, reason, own=own, others=others) == expected


def test_a_patron_keeps_the_same_animal() -> None:
    assert avatar("p1") == avatar("p1")
    assert len({avatar(f"p{n}") for n in range(500)}) > 20
