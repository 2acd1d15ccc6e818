"""Several processes serve one record: started at once, asked in turn, one killed; nothing is lost, nothing doubled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Barrier, Event

import httpx
import msgspec
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text

from kiosk.store.schema import journal
from sync.central import migrate, schema
from sync.central.db import Database, insert_many
from sync.central.house import keep_house
from sync.central.report_tables import act_days, copy_loans
from sync.central.snapshot import manifest
from sync.central.staff import add_staff
from sync.central.verify import faults
from sync.enrol import enrol
from sync.exchange import LineDown
from sync.http import HttpLine
from sync.wire import Manifest
from tests.central import postgres
from tests.central.fleet import SCHOOL, Pen, found_school, publish_rules, push
from tests.central.fleet import enrol as fleet_enrol
from tests.central.processes import Process, Proxy, processes
from tests.soak import often
from tests.sync.story import NOON
from tests.sync.town import ADDRESS, Place, Town
from tests.web_ui.console import PASSWORD, token_in

# What each station lends, to whom; the last copy comes back at both.
OF = {"s1": (("20001", "20002"), "p1"), "s2": (("20003", "20004"), "p2")}
SHARED = "20005"
BEFORE, AFTER = 6, 6
PATIENCE_S = 60


@pytest.fixture(params=often(["postgresql"], ["postgresql", "sqlite"]))
def two(request, tmp_path) -> Iterator[tuple[Database, list[Process], list[str]]]:
    """Two processes, started in the same moment, and the database: an empty file, or one of an older release."""
    with ExitStack() as ending:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/data/central.db"
        else:
            server = request.getfixturevalue("postgres_server")
            url = ending.enter_context(postgres.database(server, "processes"))
        db = Database(url)
        ending.callback(db.close)
        with at_once(db) if db.postgres else ExitStack():
            started = ending.enter_context(processes(tmp_path, url, 2))
        yield db, started, [one.listens() for one in started]


@contextmanager
def at_once(db: Database) -> Iterator[None]:
    """An older release, and both processes at the very point of bringing it up."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with db.engine.connect() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0020")
        conn.commit()
        conn.execute(text(f"SELECT pg_advisory_xact_lock({migrate.LOCK})"))
        yield
        wait_for(lambda: conn.execute(text(_WAITING)).scalar_one() == 2)


_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
_BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def town(two, tmp_path) -> Iterator[Town]:
    town = Town(tmp_path, two[0])
    publish_rules(two[0])
    yield town
    for place in town.places:
        place.close()


@pytest.mark.slow
def test_two_processes_serve_stations_and_staff_as_one_and_one_goes_on_alone(two, town):
    db, (first, second), urls = two
    staff_are_signed_in_at_both(db, urls)
    proxies = [Proxy(urls, first=n) for n in range(2)]
    places = [station(town, name, on) for name, on in zip(OF, proxies, strict=True)]
    # Both new ones at once, each of them asking both processes for the snapshot's pieces.
    with ThreadPoolExecutor(2) as both:
        assert all(told.snapshot for told in both.map(Place.exchange, places))
    assert len(town.centre.all_of(schema.snapshots)) == 1
    over = Event()
    done: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as both:
        working = [both.submit(work, place, done, over) for place in places]
        try:
            wait_for(lambda: min(done[name] for name in OF) >= BEFORE or ended(working))
            first.kill()
            so_far = Counter(done)
            wait_for(lambda: min(done[n] - so_far[n] for n in OF) >= AFTER or ended(working))
        finally:
            over.set()
    for one in working:
        one.result()
    calls = {call for call, _ in proxies[0].went}
    assert calls == {"enrol", "hello", "push", "pull", "snapshot", "chunk"}
    assert {(c, n) for c in calls for n in range(2)} == proxies[0].went | proxies[1].went
    for place in places:
        place.exchange()
    hold_whole(town, places)
    assert second.end() == 0


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_of_two_snapshots_that_are_made_at_once_the_first_serves_for_both(db):
    found_school(db, barcodes=("20001",))
    others = Manifest(position=0, chunks=[])
    with ThreadPoolExecutor(1) as later:
        with db.begin(SCHOOL) as conn:
            told = later.submit(manifest, db, SCHOOL)
            wait_for(lambda: conn.execute(text(_BLOCKED)).scalar_one() == 1)
            row = {
                "school": SCHOOL,
                "position": 0,
                "manifest": msgspec.json.encode(others).decode(),
            }
            insert_many(conn, schema.snapshots, [row])
        assert told.result(PATIENCE_S) == others
    with db.read() as conn:
        assert conn.execute(select(func.count()).select_from(schema.chunks)).scalar_one() == 0


def test_a_house_that_several_keep_at_once_is_kept_once(db):
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    publish_rules(db)
    for name, (barcode, patron) in {"s1": ("20001", "ming"), "s2": ("20002", "hua")}.items():
        pen = Pen(name)
        fleet_enrol(db, name)
        for n in range(40):
            pen.checkout(barcode, patron, at=n * 2_000)
            pen.checkin(barcode, at=n * 2_000 + 1_000)
        push(db, pen)
    address = db.engine.url.render_as_string(hide_password=False)
    all_there = Barrier(3)

    def keep() -> None:
        other = Database(address)
        all_there.wait(PATIENCE_S)
        keep_house(other, lambda: NOON * 2, lambda: NOON * 2)
        other.close()

    with ThreadPoolExecutor(3) as houses:
        for one in [houses.submit(keep) for _ in range(3)]:
            one.result(PATIENCE_S)
    with db.read() as conn:
        acts = conn.execute(select(func.sum(act_days.c.n))).scalar_one()
        codes = conn.execute(select(func.count()).select_from(schema.proofs)).scalar_one()
        lent = conn.execute(select(func.sum(copy_loans.c.loans))).scalar_one()
        told = conn.execute(select(schema.feed.c.kind, schema.feed.c.key)).all()
    assert (acts, codes, lent) == (160, 160, 80)
    assert len(told) == len(set(told)), "what is void is gone"
    assert list(faults(db)) == []


def ended(working: list) -> bool:
    return bool(wait(working, timeout=0).done)


def station(town: Town, name: str, on: Proxy) -> Place:
    place = Place(town, name, f"board-{name}")
    place.line = HttpLine(ADDRESS, transport=on)
    code = town.centre.code(name)
    enrol(place.school.store, place.line, place.machine, code, local="kiosk-1")
    place.sit_down()
    return place


def work(place: Place, done: Counter[str], over: Event) -> None:
    """Lend, take back and exchange until it is over; whoever is not answered comes again."""
    copies, patron = OF[place.name]
    while not over.is_set():
        for barcode in copies:
            place.lend(barcode, patron)
        for barcode in (*copies, SHARED):
            place.take_back(barcode)
        try:
            place.exchange()
        except LineDown:
            continue
        done[place.name] += 1


def hold_whole(town: Town, places: list[Place]) -> None:
    """Every entry of every station lies in the record once, byte for byte, and everything follows from them."""
    t = schema.entries
    for place in places:
        own = [(row.epoch, row.seq, row.hash, row.body) for row in place.rows(journal)]
        assert len(own) >= 5 * (BEFORE + AFTER)
        query = select(t.c.epoch, t.c.seq, t.c.hash, t.c.body).where(t.c.station == place.name)
        with town.centre.db.read() as conn:
            assert sorted(own) == sorted(map(tuple, conn.execute(query)))
    with town.centre.db.read() as conn:
        assert conn.execute(select(func.count()).select_from(schema.loans)).scalar_one() == sum(
            row.body.count('"act":"checkout"') for row in town.centre.all_of(t)
        )
    assert town.centre.incidents() == []
    assert list(faults(town.centre.db)) == []


def staff_are_signed_in_at_both(db: Database, urls: list[str]) -> None:
    with db.begin() as conn:
        add_staff(conn, SCHOOL, "li", "li", "librarian", PASSWORD)
    proxy = Proxy(urls)
    with httpx.Client(base_url=ADDRESS, transport=proxy, timeout=30) as browser:
        # The page is one process's, and the form is sent to the other.
        form = {"token": token_in(browser.get("/console/sign-in").text)}
        told = browser.post("/console/sign-in", data={**form, "login": "li", "password": PASSWORD})
        assert told.status_code == 303
        pages = [browser.get("/console/people/") for _ in urls]
        assert [page.status_code for page in pages] == [200, 200]
        form = {"token": token_in(pages[0].text)}
        assert browser.post("/console/sign-out", data=form).status_code == 303
        assert [browser.get("/console/people/").status_code for _ in urls] == [303, 303]
        once = {"card": "1", "pin": "000000", "once": "a"}
        asked = [browser.post("/library/mine", data=once).status_code for _ in urls]
        assert asked == [403, 409], "a form that one has answered is answered by none again"
