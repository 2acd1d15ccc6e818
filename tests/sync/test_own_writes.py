"""What comes down while the station knows better: it is left out, and comes again, whatever becomes of the entry."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import select

from kiosk.domain import Reason
from kiosk.store.schema import cards, holds
from sync.central import schema
from sync.central.desk import Desk
from sync.exchange import PATIENCE, Failing
from tests.central.fleet import SCHOOL
from tests.sync.town import COPIES, Place, Town

ONE, TWO, *_ = COPIES


def staff(town: Town, act: Callable[[Desk], object]) -> None:
    with town.centre.db.begin(SCHOOL) as conn:
        act(Desk(conn, SCHOOL, "lin", town.places[0].school.now.at_ms))


def asked(place: Place, barcode: str, patron: str) -> Reason:
    who = place.school.who(patron, f"c-{patron}")
    return place.desk.checkout(who, barcode, place.school.now).verdict.reason


def waiting(place: Place) -> dict[str, str | None]:
    """The copy that is kept for each who waits, as the station knows it."""
    return {row.patron_id: row.barcode for row in place.rows(holds)}


def waiting_there(town: Town) -> dict[str, str | None]:
    still = select(schema.holds).where(schema.holds.c.ended_ms.is_(None))
    with town.centre.db.read() as conn:
        return {row.patron_id: row.barcode for row in conn.execute(still)}


def while_pulling(place: Place, act: Callable[[], object]) -> None:
    """Exchange; when what comes down has been read and is not yet written, this is done at the station."""
    left = [act]

    def around(path, go_on):
        answer = go_on()
        if path == "pull" and left:
            left.pop()()
        return answer

    place.wire.around = around
    place.exchange()
    place.wire.around = None


def test_a_copy_kept_here_stays_kept_while_somebody_else_asks_for_it(town, hall):
    hall.lend(ONE, "p1")
    hall.exchange()
    staff(town, lambda desk: desk.place_hold("t1", "p2"))
    hall.exchange()
    hall.take_back(ONE)
    while_pulling(hall, lambda: asked(hall, ONE, "p1"))
    assert waiting(hall) == {"p2": ONE}
    assert asked(hall, ONE, "p1") is Reason.ON_HOLD
    hall.exchange()
    assert waiting(hall) == waiting_there(town) == {"p2": ONE}


def test_a_copy_kept_by_another_station_is_kept_here_once_our_entry_on_it_is_answered(
    town, hall, yard
):
    hall.lend(ONE, "p1")
    hall.exchange()
    staff(town, lambda desk: desk.place_hold("t1", "p2"))
    yard.exchange()
    yard.take_back(ONE)
    yard.exchange()
    while_pulling(hall, lambda: asked(hall, ONE, "p1"))
    assert waiting(hall) == {"p2": None}
    hall.exchange()
    assert waiting(hall) == waiting_there(town) == {"p2": ONE}


def test_a_copy_kept_here_and_lent_elsewhere_meanwhile_ends_as_the_record_has_it(town, hall, yard):
    hall.lend(ONE, "p1")
    hall.exchange()
    yard.exchange()
    staff(town, lambda desk: desk.place_hold("t1", "p2"))
    hall.exchange()
    hall.take_back(ONE)
    assert waiting(hall) == {"p2": ONE}
    # The yard has not heard of the hold.
    yard.take_back(ONE)
    yard.lend(ONE, "p1")
    yard.exchange()
    hall.exchange()
    # Who of the two acted last, their clocks may not tell; but the hall knows what the record knows.
    assert waiting(hall) == waiting_there(town)
    holder = town.centre.holder(ONE)
    assert hall.loans() == ({ONE: holder} if holder else {})


def test_a_copys_row_comes_again_when_our_entry_on_it_was_kept_unread(town, hall, yard):
    yard.lend(ONE, "p2")
    yard.exchange()
    while_pulling(hall, lambda: (hall.lend(ONE, "p1"), hall.take_back(ONE)))
    assert hall.loans() == {}
    real = hall.line.send

    def send(message):
        if getattr(message, "entries", ()) and not message.poison:
            raise Failing("500")
        return real(message)

    hall.line.send = send
    for _ in range(2 * PATIENCE - 1):
        with contextlib.suppress(Failing):
            hall.exchange()
    hall.exchange()
    assert {r.outcome for r in town.centre.all_of(schema.outcomes) if r.station == "hall"} == {
        "quarantined"
    }
    assert hall.loans() == yard.loans() == {ONE: "p2"}


def test_a_record_put_back_from_a_backup_is_read_anew_however_far_it_has_come_since(
    town, hall, tmp_path
):
    there = tmp_path / "central.db"
    with closing(sqlite3.connect(there)) as db, closing(sqlite3.connect(tmp_path / "old")) as old:
        db.backup(old)
    staff(town, lambda desk: [desk.issue_card("p1", f"lost-{n}") for n in range(3)])
    hall.exchange()
    town.centre.db.engine.dispose()
    with closing(sqlite3.connect(there)) as db, closing(sqlite3.connect(tmp_path / "old")) as old:
        old.backup(db)
    staff(town, lambda desk: desk.issue_card("p2", "new"))
    staff(town, lambda desk: desk.block("p1", "owes a book"))
    for _ in range(6):
        staff(town, lambda desk: desk.copy_state(TWO, "on_shelf"))
    told = hall.exchange()
    assert (told.rewound, told.snapshot) == (True, True)
    assert {row.number for row in hall.rows(cards)} == {"c-p1", "c-p2", "new"}
    assert asked(hall, ONE, "p1") is Reason.PATRON_BLOCKED
