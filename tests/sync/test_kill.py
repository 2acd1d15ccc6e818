"""kill -9 at a chosen call: what was kept is good, and the next exchange goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from kiosk import journal
from kiosk.bootstrap_demo import lay_out
from kiosk.store.schema import copies
from kiosk.store.store import Store
from sync.central.cli_serve import Server
from tests.kiosk.school import School
from tests.sync.test_station import kiosk
from tests.sync.town import COPIES, Centre


class Deadly:
    """The centre behind a gate that kills the caller at one call, before or after the centre has acted."""

    def __init__(self, app) -> None:
        self._app = app
        self.at: tuple[str, int, bool] | None = None
        self.victim: subprocess.Popen | None = None
        self.calls: list[str] = []
        self.url = ""

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"].removeprefix("/sync/")
        self.calls.append(path)
        if self.at and (path, self.calls.count(path)) == self.at[:2]:
            before, self.at = self.at[2], None
            if before:
                self._kill()
                return self._app(environ, start_response)
            answer = list(self._app(environ, start_response))
            self._kill()
            return answer
        return self._app(environ, start_response)

    def _kill(self) -> None:
        assert self.victim is not None
        os.kill(self.victim.pid, signal.SIGKILL)
        self.victim.wait(20)


@pytest.fixture
def centre(tmp_path):
    (tmp_path / "centre").mkdir()
    made = Centre(tmp_path / "centre")
    yield made
    made.db.close()


@pytest.fixture
def gate(centre):
    made = Deadly(centre.app.wsgi_app)
    centre.app.wsgi_app = made
    server = Server(centre.app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    made.url = server.url
    yield made
    server.close()
    thread.join(10)


def exchange(config, gate) -> int:
    words = [sys.executable, "-m", "kiosk", "sync", "--once", "--config", str(config)]
    gate.victim = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return gate.victim.wait(60)


@pytest.mark.parametrize(
    "at",
    [("hello", 1, False), ("push", 1, False), ("chunk", 3, False), ("pull", 1, True)],
    ids=str,
)
def test_an_exchange_killed_anywhere_is_finished_by_the_next(tmp_path, centre, gate, at):
    config = lay_out(tmp_path / "station")
    school = School(tmp_path / "station")
    receipts = [school.desk.checkin(code, school.now) for code in ("00000001", "00000002")]
    school.close()
    done = kiosk("enrol", centre.code("hall"), "--address", gate.url, "--yes", "--config", config)
    assert done.exit_code == 0, done.output
    gate.at = at
    assert exchange(config, gate) == -signal.SIGKILL
    fetched = gate.calls.count("chunk")
    done = kiosk("sync", "--once", "--config", config)
    assert done.exit_code == 0, done.output
    store = Store.open(tmp_path / "station" / "data")
    count, faults = journal.verify(store)
    with store.read() as tx:
        barcodes = set(tx.conn.execute(copies.select()).scalars())
        unsent = journal.unsent(tx)
    store.close()
    assert (count, faults, unsent) == (len(receipts), [], 0)
    assert [entry.seq for _, _, entry in centre.entries("hall")] == [1, 2]
    assert barcodes >= set(COPIES)
    assert centre.incidents() == []
    if at == ("chunk", 3, False):
        # Two of them lie staged; only the third was on its way.
        assert gate.calls.count("chunk") - fetched == fetched_anew(centre) - 2


def fetched_anew(centre) -> int:
    """How many chunks the snapshot has."""
    import json

    from sync.central import schema

    newest = max(centre.all_of(schema.snapshots), key=lambda row: row.position)
    return len(json.loads(newest.manifest)["chunks"])
