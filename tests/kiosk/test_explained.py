"""What fits nothing is explained on every page, and trouble with the disk is told as what it is."""

from __future__ import annotations

from typing import NoReturn

import pytest

from kiosk.domain import Reason
from kiosk.errors import StoreError, StoreFull
from kiosk.screen import Cue, LineKind, Place, Touch
from tests.kiosk.acts import (
    CONTROL,
    ISBN,
    ISBN_OF_NOTHING,
    UNKNOWN,
    add_copy,
    last,
    lent,
    out,
    read_by,
    scan_at,
    top,
)
from tests.kiosk.school import (
    ANAN,
    CITY,
    INSECTS,
    XIAOMAN,
    School,
)


@pytest.mark.parametrize("in_visit", [False, True])
def test_an_isbn_is_explained_and_offered_where_one_copy_fits(
    station: School, in_visit: bool
) -> None:
    line = top(station.scan(*([XIAOMAN] if in_visit else []), ISBN))
    assert (line.kind, line.reason) == (LineKind.EXPLAINED, Reason.ISBN_NOT_LABEL)
    assert line.book.barcode == INSECTS
    assert line.offers == ((Touch.BORROW,) if in_visit else ())
    assert (last(station)["act"], read_by(last(station))) == ("scan", ISBN)
    if in_visit:
        assert top(station.touch(Touch.BORROW, line)).kind is LineKind.LENT
        assert out(station) == {INSECTS: "p1"}


def test_an_isbn_of_no_copy_or_of_a_copy_on_loan_is_only_explained(station: School) -> None:
    lent(station, ANAN, INSECTS)
    station.scan(XIAOMAN)
    for number in (ISBN, ISBN_OF_NOTHING):
        line = top(station.scan(number))
        assert (line.book.barcode, line.offers) == (number, ())


def test_an_isbn_of_two_free_copies_offers_neither(station: School) -> None:
    add_copy(station, "00000099", "t3")
    assert top(station.scan(XIAOMAN, ISBN)).offers == ()


def test_an_isbn_never_offers_a_copy_that_is_withheld(station: School) -> None:
    add_copy(station, "00000099", "t3", state="withdrawn")
    line = top(station.scan(XIAOMAN, ISBN))
    assert (line.book.barcode, line.offers) == (INSECTS, (Touch.BORROW,))


@pytest.mark.parametrize("in_visit", [False, True])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (UNKNOWN, Reason.UNKNOWN_COPY),
        ("HELLO-KIOSK", Reason.UNKNOWN_COPY),
        (CONTROL, Reason.UNREADABLE),
        ("7" * 4096, Reason.UNREADABLE),
        ("", Reason.UNREADABLE),
        ("\udc80\udcff", Reason.UNREADABLE),
    ],
)
def test_what_fits_nothing_is_explained_journalled_and_typed_nowhere(
    station: School, text: str, reason: Reason, in_visit: bool
) -> None:
    if in_visit:
        station.scan(XIAOMAN)
    screen = scan_at(station, text, 10_000)
    line = top(screen)
    assert (line.kind, line.reason, line.offers) == (LineKind.EXPLAINED, reason, ())
    assert screen.place is (Place.VISIT if in_visit else Place.NOTICE)
    assert (screen.number, screen.find, screen.cue) == ("", None, Cue.NO)
    entry = last(station)
    assert (entry["act"], entry["reason"], entry["allowed"]) == ("scan", reason.value, False)
    assert read_by(entry).isprintable()
    assert len(read_by(entry)) <= 64


@pytest.mark.parametrize("place", [Touch.FIND, Touch.NUMBER])
def test_a_scan_types_nothing_into_a_pad_that_is_open(station: School, place: Touch) -> None:
    station.touch(place)
    screen = station.scan("HELLO-KIOSK")
    assert (screen.place, screen.number, screen.find) == (Place.NOTICE, "", None)


def test_please_scan_again_does_not_meet_a_deaf_ear(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_at(careful, XIAOMAN, 1000)
    with monkeypatch.context() as broken:
        broken.setattr(careful.store, "begin", _no_answer)
        assert top(scan_at(careful, CITY, 1500)).reason is Reason.TRY_AGAIN
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT


def test_a_second_of_trouble_with_the_disk_does_not_end_the_station(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_at(careful, XIAOMAN, 1000)
    with monkeypatch.context() as broken:
        broken.setattr(careful.store, "read", _no_answer)
        broken.setattr(careful.store, "begin", _no_answer)
        scan_at(careful, CITY, 1500)
    assert top(scan_at(careful, CITY, 2000)).kind is LineKind.LENT


def test_nobody_is_told_to_scan_again_where_the_disk_is_full(
    careful: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careful.store, "begin", _full)
    assert top(scan_at(careful, CITY, 1000)).reason is Reason.STORE_FULL
    assert top(scan_at(careful, XIAOMAN, 1500)).reason is Reason.STORE_FULL


def _full() -> NoReturn:
    raise StoreFull("free some space")


def _no_answer() -> NoReturn:
    raise StoreError("the disk does not answer")
