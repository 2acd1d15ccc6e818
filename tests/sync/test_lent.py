"""This term's count at a station: the record's, and what this station has lent since; never a wrong one."""

from __future__ import annotations

import contextlib
import random
import shutil

import httpx
import pytest
from sqlalchemy import update

from kiosk.screen import Touch
from kiosk.store.schema import journal, loans
from kiosk.term_count import TermCount
from sync.central import schema
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.publishing import put_in_force, text_of
from sync.central.read import time_zone
from sync.central.reports.periods import terms
from sync.central.reports.readers import lent_in
from sync.central.rules import rules_in_force
from sync.exchange import LineDown, TakeRewind
from tests.central.fleet import SCHOOL, publish_rules
from tests.kiosk.school import XIAOMAN
from tests.sync.town import COPIES, Place, Town
from tests.web_ui.browse import running
from tests.web_ui.test_events import Listener


@pytest.fixture(autouse=True)
def published(town: Town) -> None:
    publish_rules(town.centre.db)


class Broken(Exception):
    """The line, the power, anything."""


def count(place: Place, patron: str = "p1") -> int | None:
    told = place.desk.account(patron, place.school.now).term
    return told.lent if told else None


def undo(place: Place, barcode: str, entry: str) -> None:
    place.desk.checkin(barcode, place.school.now, undoes=entry)


def recount(town: Town, patron: str) -> int:
    """As the report counts, from the record's tables."""
    with town.centre.db.read() as conn:
        rules = rules_in_force(conn, SCHOOL)
        assert rules is not None
        term = next(t for t in terms([rules]) if t.begins.isoformat() == "2026-09-01")
        return lent_in(conn, SCHOOL, patron, term, time_zone(conn, SCHOOL))


def test_what_the_record_counts_and_what_was_lent_since_are_added_once(hall, yard):
    hall.exchange()
    assert count(hall) == 0
    entry = hall.lend("20001")
    assert count(hall) == 1
    hall.exchange()
    assert count(hall) == 1
    hall.take_back("20001")
    yard.exchange()
    assert (count(hall), count(yard)) == (1, 1)
    yard.lend("20002")
    assert (count(hall), count(yard)) == (1, 2)
    yard.exchange()
    hall.exchange()
    assert (count(hall), count(hall, "p2")) == (2, 0)
    assert entry.startswith("hall")


def test_with_the_line_cut_a_station_goes_on_with_what_it_knows(hall, yard):
    hall.exchange()
    yard.exchange()
    hall.wire.around = lambda path, go_on: (_ for _ in ()).throw(_cut())
    for barcode in ("20001", "20002"):
        hall.lend(barcode)
    yard.lend("20003")
    yard.exchange()
    with pytest.raises(LineDown):
        hall.exchange()
    assert (count(hall), count(yard)) == (2, 1)
    hall.wire.around = None
    hall.exchange()
    yard.exchange()
    assert (count(hall), count(yard)) == (3, 3)


def _cut() -> Exception:
    return httpx.ConnectError("cut")


def test_a_renewal_counts_nothing_and_what_was_undone_counts_no_more(hall):
    hall.exchange()
    first = hall.lend("20001")
    hall.exchange()
    hall.desk.renew(hall.school.who("p1", "c-p1"), "20001", hall.school.now)
    assert count(hall) == 1
    # One that the record has counted already, and one that it has never heard of.
    undo(hall, "20001", first)
    assert count(hall) == 0
    second = hall.lend("20002")
    undo(hall, "20002", second)
    assert count(hall) == 0
    hall.exchange()
    assert count(hall) == 0


def test_while_counts_come_in_and_after_a_line_that_broke_off_there_is_none(hall, yard):
    hall.exchange()
    hall.lend("20001")
    yard.lend("20002")
    yard.exchange()

    class Cut(Exception):
        pass

    def after_the_page(effect: object) -> None:
        if type(effect).__name__ == "ApplyPage":
            raise Cut

    with pytest.raises(Cut):
        hall.exchange(watch=after_the_page)
    assert count(hall) is None
    hall.exchange()
    assert count(hall) == 2


def test_before_the_first_exchange_there_is_none(town):
    late = town.station("late")
    assert count(late) is None
    late.exchange()
    assert count(late) == 0


def test_a_station_put_back_to_yesterday_has_none_until_it_has_heard_again(town, hall, tmp_path):
    hall.exchange()
    hall.lend("20001")
    hall.school.store.backup(tmp_path / "old.sqlite")
    hall.exchange()
    hall.lend("20002")
    hall.exchange()
    hall.close()
    town.places.remove(hall)
    shutil.copy(tmp_path / "old.sqlite", tmp_path / "hall" / "data" / "station.sqlite")
    restored = Place(town, "hall", "board-hall")
    restored.sit_down()
    restored.lend("20003")
    with contextlib.suppress(Broken):
        restored.exchange(watch=_after_the_rewind)
    assert count(restored) is None
    restored.exchange()
    assert count(restored) == recount(town, "p1") == 3


def _after_the_rewind(effect: object) -> None:
    if isinstance(effect, TakeRewind):
        raise Broken


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loans_per_term = 2", "loans_per_term = 0"),
        ("begins = 2026-09-01", "begins = 2026-09-02"),
    ],
)
def test_without_a_goal_or_where_the_terms_days_are_others_there_is_none(town, hall, old, new):
    hall.exchange()
    hall.lend("20001")
    hall.exchange()
    assert count(hall) == 1
    file = hall.school.library_toml
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    hall.school.rulebook.refresh()
    assert count(hall) is None


def test_when_terms_change_every_pupil_is_told_anew(town, hall):
    hall.exchange()
    with town.centre.db.begin(SCHOOL) as conn:
        text = text_of(conn, SCHOOL)
        assert put_in_force(
            Desk(conn, SCHOOL, "lin", town.centre.now_ms()),
            text.replace("2026-09-01", "2026-09-02"),
        )
    assert hall.exchange().changes >= 2
    assert count(hall) is None


def test_whoever_is_no_pupil_has_no_count(town):
    with town.centre.db.begin(SCHOOL) as conn:
        conn.execute(update(schema.patrons).values(grade=None))
    hall = town.station("hall")
    hall.exchange()
    assert hall.desk.account("p1", hall.school.now).term is None


@pytest.mark.parametrize("seed", range(6))
def test_at_any_moment_it_is_right_or_there_is_none(town, seed):
    """The oracle: after an exchange the report's own count; from there on, what was lent here less what was undone."""
    rand = random.Random(seed)
    places = [town.station("a"), town.station("b")]
    right: dict[tuple[str, str], int] = {}

    def exchanged(place: Place) -> None:
        place.exchange()
        for patron in ("p1", "p2"):
            right[place.name, patron] = recount(town, patron)
            assert count(place, patron) == right[place.name, patron], seed

    def break_off(effect: object) -> None:
        if rand.random() < 0.3:
            raise Broken

    for place in places:
        exchanged(place)
    for _ in range(40):
        place = rand.choice(places)
        match rand.choice(["lend", "lend", "back", "undo", "exchange", "broken"]):
            case "lend":
                patron, barcode = rand.choice(["p1", "p2"]), rand.choice(COPIES)
                who = place.school.who(patron, f"c-{patron}")
                told = place.desk.checkout(who, barcode, place.school.now)
                right[place.name, patron] += told.verdict.allowed
            case "back" if place.loans():
                place.take_back(rand.choice(sorted(place.loans())))
            case "undo":
                own = [row for row in place.rows(loans) if row.entry.startswith(place.name)]
                if own and (row := rand.choice(own)).renewals == 0:
                    undo(place, row.barcode, row.entry)
                    right[place.name, row.patron_id] -= 1
            case "exchange":
                exchanged(place)
            case "broken":
                with contextlib.suppress(Broken):
                    place.exchange(watch=break_off)
                    exchanged(place)
        for patron in ("p1", "p2"):
            assert count(place, patron) in (None, right[place.name, patron]), seed
    for place in (*places, *places):
        exchanged(place)


def test_the_goal_stands_beside_it(hall):
    hall.exchange()
    assert hall.desk.account("p1", hall.school.now).term == TermCount(0, 2)


def test_it_is_pushed_in_words_and_left_out_over_an_entry_that_cannot_be_read(town):
    with town.centre.db.begin(SCHOOL) as conn:
        card = {"school": SCHOOL, "number": XIAOMAN, "patron_id": "p1", "state": "active"}
        insert_many(conn, schema.cards, [card])
    hall = town.station("hall")
    hall.exchange()
    with running(hall.school.open().station) as server:
        page = Listener(server.port)

        def pushed() -> str:
            return page.screen(hall.school.scan(XIAOMAN).n)["visit"]["term"]

        assert pushed() == "这学期借了\u00a00\u00a0本（目标\u00a02\u00a0本）"
        entry = hall.lend("20001")
        assert pushed() == "这学期借了\u00a01\u00a0本（目标\u00a02\u00a0本）"
        hall.school.touch(Touch.LANGUAGE)
        assert pushed() == "1 book this term (goal:\u00a02)"
        with hall.school.store.begin() as tx:
            tx.conn.exec_driver_sql("DROP TRIGGER journal_only_grows")
            broken = update(journal).where(journal.c.seq == int(entry.rsplit(":")[-1]))
            assert tx.conn.execute(broken.values(body=b"{")).rowcount == 1
        assert pushed() == ""
        page.close()
