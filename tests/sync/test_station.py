"""A station as it is run, and a central record on a port: enrolled by a code, in step, refusing what is not its own."""

from __future__ import annotations

import json
import threading

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from kiosk.bootstrap import start
from kiosk.bootstrap_demo import lay_out
from kiosk.cli import main
from kiosk.entry import digest
from kiosk.folders import Folders
from kiosk.store.lineage import lineage
from kiosk.store.store import Store
from sync.central import schema
from sync.central.cli_serve import Server
from sync.central.db import insert_many
from sync.central.positions import publish
from tests.central.fleet import SCHOOL
from tests.kiosk.school import SHIPPED
from tests.sync.test_agent import until
from tests.sync.town import COPIES, Centre


@pytest.fixture
def centre(tmp_path):
    (tmp_path / "centre").mkdir()
    made = Centre(tmp_path / "centre")
    yield made
    made.db.close()


@pytest.fixture
def address(centre):
    server = Server(centre.app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    server.close()
    thread.join(10)


@pytest.fixture
def config(tmp_path):
    return lay_out(tmp_path / "station")


def kiosk(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


def enrolled(config, centre, address):
    code = centre.code("hall")
    done = kiosk("enrol", code, "--address", address, "--config", config)
    assert done.exit_code == 0, done.output
    return done.output


def publish_rules(centre, text: str, at_ms: int) -> None:
    with centre.db.begin(SCHOOL) as conn:
        row = {"school": SCHOOL, "digest": f"d{at_ms}", "text": text, "published_ms": at_ms}
        insert_many(conn, schema.rules, [{**row, "staff": ""}])
        publish(conn, SCHOOL, [("rules", "library")])


def test_a_code_makes_a_station_and_sync_once_fetches_everything(config, centre, address):
    assert "this machine is now hall (hall) of sunshine" in enrolled(config, centre, address)
    done = kiosk("sync", "--once", "--config", config)
    assert done.exit_code == 0, done.output
    assert "a whole snapshot taken in" in done.output
    store = Store.open(config.parent / "data")
    with store.read() as tx:
        assert {copy.barcode for copy in tx.every_copy()} == set(COPIES)
        who = lineage(tx)
    assert who
    assert (who.school, who.station, who.epoch) == ("sunshine", "hall", 1)
    assert who.token not in repr(who)
    store.close()


def test_a_check_knows_the_record_that_the_station_was_enrolled_at(config, centre, address):
    enrolled(config, centre, address)
    told = json.loads(kiosk("check", "--json", "--config", config).output)
    (line,) = [part for part in told["parts"] if part["part"] == "central"]
    assert line["what"] == f"{address.rstrip('/')} can be reached, and this is its station hall"


def test_trouble_is_told_in_a_sentence_and_a_status(config, centre, address):
    nowhere = kiosk("sync", "--once", "--config", config)
    assert (nowhere.exit_code, "run: kiosk enrol CODE" in nowhere.output) == (1, True)
    wrong = kiosk("enrol", "AAAA-AAAA", "--address", address, "--config", config)
    assert (wrong.exit_code, "this code is not good" in wrong.output) == (1, True)
    unsafe = kiosk("enrol", "AAAA-AAAA", "--address", "http://far.example", "--config", config)
    assert (unsafe.exit_code, "use https://" in unsafe.output) == (1, True)
    none = kiosk("enrol", "AAAA-AAAA", "--config", config)
    assert (none.exit_code, "which central record?" in none.output) == (1, True)
    enrolled(config, centre, address)
    gone = kiosk("enrol", "AAAA-AAAA", "--address", "http://127.0.0.1:9", "--config", config)
    assert (gone.exit_code, "was not reached" in gone.output) == (1, True)
    for done in (nowhere, wrong, unsafe, none, gone):
        assert "Traceback" not in done.output


def test_a_code_of_another_station_is_refused_and_changes_nothing(config, centre, address):
    enrolled(config, centre, address)
    other = kiosk("enrol", centre.code("yard"), "--address", address, "--config", config)
    assert other.exit_code == 1
    assert "this store is that of the station hall of sunshine" in other.output
    assert kiosk("sync", "--once", "--config", config).exit_code == 0


def test_an_enrolled_station_refuses_a_local_import_and_names_the_central_one(
    config, centre, address, tmp_path
):
    enrolled(config, centre, address)
    (tmp_path / "new.csv").write_text("学号,姓名,类别\n1,甲,学生\n", encoding="utf-8")
    done = kiosk("import", "patrons", "--config", config, tmp_path / "new.csv")
    assert done.exit_code == 1
    assert "central import patrons new.csv --school sunshine" in done.output


@pytest.fixture
def running(config, centre, address):
    enrolled(config, centre, address)
    assert kiosk("sync", "--once", "--config", config).exit_code == 0
    made = start(Folders(config), port=0, demo=True)
    pages = threading.Thread(target=made.serve)
    pages.start()
    yield made
    made.stop()
    pages.join(10)


def test_the_demos_plug_stops_the_exchange_for_real_and_lending_goes_on(
    running, config, centre, address
):
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        until(lambda: http.get("health").json()["online"])
        http.post("demo/network", json={"up": False}).raise_for_status()
        with centre.db.read() as conn:
            assert conn.execute(schema.cards.select()).first()
        for text in ("c-p1", COPIES[0]):
            running.hands.scan(text)
        running.station.settled()
        health = http.get("health").json()
        assert (health["online"], health["unsent_entries"]) == (False, 2)
        assert health["central"]["code"] == "network_down"
        assert (health["exchange"]["station"], health["exchange"]["epoch"]) == ("hall", 1)
        assert centre.entries("hall") == []
        assert running.problems()
        held = kiosk("sync", "--once", "--config", config)
        assert "a running station exchanges by itself" in held.output
        http.post("demo/network", json={"up": True}).raise_for_status()
        until(lambda: centre.holder(COPIES[0]) == "p1")
        until(lambda: http.get("health").json()["unsent_entries"] == 0)
        assert http.get("health").json()["central"]["code"] == "central_ok"


def test_rules_come_from_the_central_record_and_a_file_changed_here_is_refused(
    running, config, centre
):
    text = (SHIPPED / "library.toml").read_text(encoding="utf-8")
    first = text.replace("阳光实验学校图书馆", "彩虹学校图书馆")
    assert first != text
    publish_rules(centre, first, 1)
    book = running.station._p.rulebook
    running.agent.wake()
    until(lambda: book.current.library.library.name == "彩虹学校图书馆")
    local = config / "library.toml"
    local.write_text(text.replace("阳光实验学校图书馆", "别的"), encoding="utf-8")
    until(lambda: book.trouble)
    assert "central rules publish library.toml" in book.trouble
    assert book.current.library.library.name == "彩虹学校图书馆"
    local.write_text(text, encoding="utf-8")
    until(lambda: book.trouble is None)
    # What cannot be lived by here stays out, and is told.
    publish_rules(centre, first.replace("[library]", "[libary]"), 2)
    running.agent.wake()
    until(lambda: book.trouble)
    assert book.current.library.library.name == "彩虹学校图书馆"


def test_a_station_tells_its_rules_and_its_devices_and_hears_of_another_room(running, centre):
    text = (SHIPPED / "library.toml").read_text(encoding="utf-8") + "\n# 新\n"
    publish_rules(centre, text, 1)

    def told() -> dict[str, str]:
        running.agent.wake()
        with centre.db.read() as conn:
            return json.loads(conn.execute(select(schema.stations.c.health)).scalar_one())

    until(lambda: told().get("rules") == digest(text))
    assert told()["part scanner front"] == "scanner_ok"
    with centre.db.begin() as conn:
        conn.execute(update(schema.stations).values(room="teachers"))
    until(lambda: told().get("room") == "teachers")
