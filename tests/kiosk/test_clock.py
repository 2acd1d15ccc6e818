"""When the clock is believed, and where the demo's clock begins."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event

from kiosk import clock as clock_module
from kiosk.bootstrap_demo import FIRST_START, demo_start
from kiosk.clock import MovableClock, SystemClock, boot_id, synchronised
from kiosk.desk_values import Who
from kiosk.domain import Act, Reason, Verdict
from kiosk.journal import Occurrence, confirm_clock, trusted_ms
from kiosk.store import store as store_module
from kiosk.store.schema import journal
from kiosk.store.store import Store
from kiosk.store.tx import Tx
from tests.kiosk.school import CITY, SEA, XIAOMAN, ZONE, School

DAY_MS = 24 * 3600 * 1000
P1 = Who("p1", XIAOMAN)


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that says nobody has set its clock."""
    monkeypatch.setattr(clock_module, "synchronised", lambda: False)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize(
    ("last_ms", "sure"),
    [
        (lambda: None, False),
        (lambda: now_ms() - 1_000, True),
        (lambda: now_ms() - 60 * DAY_MS, True),
        (lambda: now_ms() - 120 * DAY_MS + 5_000, True),
        (lambda: now_ms() - 120 * DAY_MS - 5_000, False),
        (lambda: now_ms() + 5_000, False),
        (lambda: now_ms() + 400 * DAY_MS, False),
    ],
    ids=["no entry", "just now", "60 days", "120 days", "past 120 days", "ahead", "a year ahead"],
)
def test_an_unset_clock_is_believed_0_to_120_days_after_the_last_entry(
    last_ms: Callable[[], int | None], sure: bool
) -> None:
    assert SystemClock(ZONE, last_ms).now().sure is sure


def test_a_clock_set_by_the_network_is_believed_whatever_the_journal_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_module, "synchronised", lambda: True)
    assert SystemClock(ZONE, lambda: None).now().sure


def test_the_kernel_can_be_asked_and_names_its_boot() -> None:
    assert isinstance(synchronised(), bool)
    assert boot_id() == boot_id() == SystemClock(ZONE, lambda: None).boot


def test_the_system_clock_reads_the_librarys_zone_and_grows() -> None:
    clock = SystemClock(ZONE, lambda: None)
    before, now, after = now_ms(), clock.now(), now_ms()
    assert before <= now.at_ms <= after
    assert now.local.tzinfo is ZONE
    assert clock.mono_ms() <= clock.mono_ms()


def test_an_entry_of_an_unsure_clock_does_not_make_the_wrong_time_trusted(school: School) -> None:
    school.desk.checkout(P1, CITY, school.now)
    good = school.now.at_ms
    school.clock.sure = False
    school.clock.set(datetime(2000, 1, 1, 0, 5, tzinfo=ZONE))
    school.desk.checkout(P1, SEA, school.now)
    assert trusted_ms(school.store) == good


def test_an_act_that_is_not_written_proves_no_time(school: School) -> None:
    with pytest.raises(ZeroDivisionError):
        broken_off(school)
    assert trusted_ms(school.store) is None


def broken_off(school: School) -> None:
    with school.store.begin() as tx:
        scanned(school, tx)
        raise ZeroDivisionError


def scanned(school: School, tx: Tx) -> None:
    what, verdict = Occurrence(Act.SCAN), Verdict(allowed=False, reason=Reason.UNREADABLE)
    school.journal.append(tx, what, verdict, now=school.now, rules_digest="")


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_confirmed_clock_is_trusted_until_the_next_sure_entry(school: School, epoch: int) -> None:
    school.clock.set(datetime(2090, 1, 1, tzinfo=ZONE))
    school.desk.checkout(P1, CITY, school.now)
    with school.store.begin() as tx:
        confirm_clock(tx, 123)
    assert trusted_ms(school.store) == 123
    school.clock.sure = False
    school.desk.checkin(CITY, school.now)
    assert trusted_ms(school.store) == 123
    if epoch == 2:
        with school.store.begin() as tx:
            tx.set_value("epoch", "2")
    school.clock.sure = True
    school.clock.set(FIRST_START)
    school.desk.checkout(P1, SEA, school.now)
    assert trusted_ms(school.store) == school.now.at_ms


def test_reading_the_clock_reads_one_row_however_many_unsure_entries_there_are(
    school: School,
) -> None:
    with school.store.begin() as tx:
        scanned(school, tx)
    few = steps_of_reading_the_clock(school)
    school.clock.sure = False
    with school.store.begin() as tx:
        for _ in range(2_000):
            scanned(school, tx)
    assert steps_of_reading_the_clock(school) == few


def steps_of_reading_the_clock(school: School) -> int:
    """How many instructions SQLite runs for it; each row looked at is several."""
    steps: list[None] = []
    connections: list[sqlite3.Connection] = []

    @event.listens_for(school.store._engine, "checkout")
    def _count(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.set_progress_handler(lambda: steps.append(None), 1)
        connections.append(connection)

    assert trusted_ms(school.store) is not None
    event.remove(school.store._engine, "checkout", _count)
    for connection in connections:
        connection.set_progress_handler(None, 1)
    assert steps
    return len(steps)


@pytest.mark.parametrize(
    ("said", "known"), [(None, "2026"), (0, "2026"), (1, "123"), (2, "123")], ids=str
)
def test_a_store_of_an_earlier_release_keeps_what_is_known_of_the_time(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: int | None, known: str
) -> None:
    """`said`: the entry after which staff confirmed the clock; the sure entry is the first, an unsure one follows."""
    school.desk.checkout(P1, CITY, school.now)
    sure_ms = school.now.at_ms
    school.clock.sure = False
    school.desk.checkin(CITY, school.now)
    earlier = tmp_path / "earlier"
    with monkeypatch.context() as then:
        then.setattr(store_module, "_upgrade", partial(store_module._upgrade, to="0001"))
        Store.open(earlier).close()
    with closing(sqlite3.connect(earlier / "station.sqlite")) as store, store:
        with school.store.read() as tx:
            store.executemany(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
                [tuple(row) for row in tx.conn.execute(journal.select())],
            )
        if said is not None:
            store.execute("INSERT INTO meta VALUES ('clock_confirmed_ms', '123')")
            store.execute("INSERT INTO meta VALUES ('clock_confirmed_after', ?)", (str(said),))
    upgraded = Store.open(earlier)
    assert trusted_ms(upgraded) == (sure_ms if known == "2026" else 123)
    with upgraded.read() as tx:
        assert tx.value("clock_confirmed_ms") is None
    upgraded.close()


def test_a_running_clock_runs_on_from_where_it_was_set() -> None:
    clock = MovableClock(ZONE, FIRST_START, running=True)
    clock.set(datetime(2026, 11, 25, 12, 29))
    assert (
        timedelta()
        <= clock.now().local - datetime(2026, 11, 25, 12, 29, tzinfo=ZONE)
        < timedelta(seconds=5)
    )
    time.sleep(0.02)
    assert clock.now().local > datetime(2026, 11, 25, 12, 29, tzinfo=ZONE)


def test_a_clock_moved_by_hand_stands_still() -> None:
    clock = MovableClock(ZONE, FIRST_START, running=False)
    assert clock.now() == clock.now()
    assert clock.now().local == FIRST_START.replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        (None, FIRST_START),
        (datetime(2026, 11, 24, 12, 0), datetime(2026, 11, 24, 12, 0)),
        (datetime(2026, 12, 9, 11, 50), datetime(2026, 12, 9, 11, 50)),
    ],
)
def test_the_demo_begins_inside_the_window_and_goes_on_where_the_last_entry_was(
    last: datetime | None, start: datetime
) -> None:
    last_ms = round(last.replace(tzinfo=ZONE).timestamp() * 1000) if last else None
    assert demo_start(last_ms, ZONE) == start.replace(tzinfo=ZONE)


def test_the_demos_clock_begins_inside_a_lending_window(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.clock.set(demo_start(None, ZONE))
    assert school.station.screen.hours.open
    school.close()
