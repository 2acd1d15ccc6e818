"""The demo's shelf: true at any time, everything in its place, and only what changed is told again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk.bootstrap_demo import SHIPPED, fill_with_sample
from kiosk.demo_shelf import Shelf
from kiosk.domain import Act, Note
from kiosk.entry import parse
from kiosk.rulebook import Rulebook
from kiosk.screen import Touch
from kiosk.store.store import Store
from tests.kiosk.acts import at, lent
from tests.kiosk.school import ANAN, CITY, DREAM, SEA, XIAOMAN, ZONE, School


@pytest.fixture
def shelf(station: School) -> Shelf:
    return Shelf(station.store, station.rulebook)


def changes(shelf: Shelf, since: dict[str, Any]) -> dict[str, Any]:
    """What is told to who looked before: barcode -> who has it."""
    told = shelf.look(since["n"])
    assert set(told) == {"n", "copies"}
    return {copy["text"]: copy["on_loan_to"] for copy in told["copies"]}


def test_only_copies_that_changed_are_told_again(station: School, shelf: Shelf) -> None:
    before = shelf.look()
    assert changes(shelf, before) == {}
    lent(station, XIAOMAN, CITY, SEA)
    assert changes(shelf, before) == {CITY: "李小满", SEA: "李小满"}
    between = shelf.look(before["n"])
    station.scan(CITY)
    assert changes(shelf, between) == {CITY: None}
    assert changes(shelf, before) == {CITY: None, SEA: "李小满"}


def test_a_renewal_and_a_copy_set_aside_are_changes_too(station: School, shelf: Shelf) -> None:
    lent(station, XIAOMAN, CITY)
    at(station, "2026-12-02T11:45")
    before = shelf.look()
    station.scan(XIAOMAN, "CMD-RENEW-ALL")
    (copy,) = shelf.look(before["n"])["copies"]
    assert (copy["holder"], copy["due_on"]) == ("p1", "2026-12-16")
    station.touch(Touch.FINISH)
    station.hold("t4", "p2")
    before = shelf.look()
    station.scan(DREAM)
    (copy,) = shelf.look(before["n"])["copies"]
    assert (copy["text"], copy["kept_for"], copy["on_loan_to"]) == (DREAM, "p2", None)


def test_who_looked_at_another_run_is_told_all(station: School, shelf: Shelf) -> None:
    n = shelf.look()["n"]
    for unknown in (0, n - 1, n + 1):
        assert set(shelf.look(unknown)) == {"n", "cards", "copies", "wrong"}


def test_a_card_tells_what_the_rules_and_the_list_say_of_it(shelf: Shelf) -> None:
    cards = {card["text"]: card for card in shelf.look()["cards"]}
    told = {number: (cards[number]["young"], cards[number]["limit"]) for number in (XIAOMAN, ANAN)}
    assert told == {XIAOMAN: (False, 3), ANAN: (True, 3)}
    assert {card["state"] for card in cards.values()} >= {"active", "lost", "replaced"}


def test_what_stands_in_front_keeps_its_place_lent_or_not_and_after_a_restart(
    tmp_path: Path,
) -> None:
    rulebook = Rulebook(SHIPPED / "library.toml")
    with closing(Store.open(tmp_path)) as store:
        fill_with_sample(store, rulebook.current, "hall-1", ZONE)
        first = Shelf(store, rulebook)
        order = [copy["text"] for copy in first.look()["copies"]]
        assert first.look()["cards"][0]["name"] == "孙一鸣"
        with store.begin() as tx:
            patron = first.look()["cards"][0]["patron"]
            tx.conn.exec_driver_sql(
                "INSERT INTO loans (barcode, patron_id, opened_ms, due_on, renewals, excused_on, entry)"
                " VALUES (?, ?, 0, '2026-12-09', 0, NULL, 'hall-1:1:1')",
                (order[0], patron),
            )
        for shelf in (first, Shelf(store, rulebook)):
            again = shelf.look()["copies"]
            assert [copy["text"] for copy in again] == order
            assert (again[0]["on_loan_to"], again[0]["title"]) == ("孙一鸣", "城南旧事")


def test_copies_on_the_hold_shelf_came_there_by_entries_as_the_central_record_will_fold_them(
    tmp_path: Path,
) -> None:
    with closing(Store.open(tmp_path)) as store:
        fill_with_sample(store, Rulebook(SHIPPED / "library.toml").current, "hall-1", ZONE)
        with store.read() as tx:
            kept = "SELECT barcode FROM holds WHERE barcode IS NOT NULL"
            bodies = tx.conn.exec_driver_sql(f"SELECT body FROM journal WHERE copy IN ({kept})")
            entries = [parse(body) for (body,) in bodies]
            out = tx.conn.exec_driver_sql(f"SELECT * FROM loans WHERE barcode IN ({kept})").all()
    backs = [e for e in entries if e.act is Act.CHECKIN]
    assert len({e.copy for e in backs}) == len(backs) == 3
    assert {e.after for e in backs} == {e.key for e in entries if e.act is Act.CHECKOUT}
    assert all(Note.HOLD_WAITING in e.notes for e in backs)
    assert out == []
