"""The demo as real processes, killed in every way: what was shown as lent is there when it starts again.

`make soak` makes the run of random kills longer; KILL_SEED=n makes it another one.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import ledger
from tests.faults.demo import Demo, free_port, kiosk, kiosk_here, runs, shown_on, small_school
from tests.kiosk.school import CITY, MORE, SEA, TEACHER
from tests.soak import often

KILLS = often(6, 200)
READY = (
    r"ready: station=http://127\.0\.0\.1:{port}/ panel=http://127\.0\.0\.1:{port}/demo/"
    r" console=http://127\.0\.0\.1:{central}/console/\n"
)


@contextmanager
def running(folder: Path, port: int, *, alone: bool = False) -> Iterator[Demo]:
    demo = Demo(folder, port, alone=alone)
    try:
        yield demo.ready()
    finally:
        demo.close()


def borrow_three_return_one(demo: Demo, card: str, copies: tuple[str, ...]) -> str:
    """The main job, over HTTP; the name of the patron."""
    demo.scan(card, *copies)
    screen = demo.screen(lambda s: shown_on(s, ["lent"]) == set(copies))
    assert all(line["due"] for line in screen["visit"]["lines"] if line["barcode"] in copies)
    demo.scan(copies[0], "CMD-FINISH")
    demo.screen(lambda s: s["place"] == "idle")
    demo.scan(copies[0])
    demo.screen(lambda s: s["place"] == "returns")
    return str(screen["visit"]["name"])


def state(demo: Demo) -> tuple[dict[str, str], int]:
    """Who has what, and how long the journal is."""
    return demo.on_loan(), demo.get("/health")["journal_length"]


def as_it_was(demo: Demo, before: tuple[dict[str, str], int]) -> None:
    """The loans, the journal's length and its chain are what they were."""
    assert state(demo) == before
    checked = kiosk_here("journal", "verify", "--config", str(demo.folder / "config"))
    assert (checked.exit_code, checked.output) == (0, f"{before[1]} entries, 0 faults\n")
    assert ledger.loans(demo.store).keys() == before[0].keys()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_however_the_sample_school_ends_the_next_start_finds_it_as_it_was(tmp_path: Path) -> None:
    """One folder and one port through every ending, so that each start is also the check of the one before it."""
    folder, port = tmp_path / "demo", free_port()
    with running(folder, port) as demo:
        assert re.fullmatch(READY.format(port=port, central=demo.central_port), demo.line)
        demo.screen(lambda s: s["status"]["online"])
        assert demo.said() == "", "the first exchange goes well, and there is nothing to say"
        shelf = demo.get("/demo/shelf")
        assert set(shelf["cards"][0]) >= {"text", "name", "category", "grade"}
        assert set(shelf["copies"][0]) >= {"text", "title", "type", "on_loan_to"}
        teachers = [c["text"] for c in shelf["cards"] if c["category"] == "teacher"]
        books = [c for c in shelf["copies"] if c["type"] == "book" and not c["on_loan_to"]]
        # The first of each title, for somebody may wait for the last.
        free = list({c["title"]: c["text"] for c in reversed(books)}.values())[::-1]
        copies, free = tuple(free[:3]), free[3:]
        name = borrow_three_return_one(demo, shelf["cards"][0]["text"], copies)
        a_second_is_refused_by_name(demo)
        before = lent_and_killed(demo, teachers[0], free[0], kill_parent)
        assert [before[0].get(copy) for copy in copies] == [None, name, name]
    for barcode, kill in zip(free[1:], (kill_station, kill_central, Demo.kill_group), strict=False):
        with running(folder, port) as demo:
            as_it_was(demo, before)
            before = lent_and_killed(demo, teachers[0], barcode, kill)
    with running(folder, port) as demo:
        as_it_was(demo, before)
        # What was lent just before the end counts as lent in this visit, too.
        demo.scan(teachers[0], free[4])
        demo.screen(lambda s: shown_on(s, ["lent"]) == set(free[:5]))
        ended_at_once(demo, teachers[1], free[5:7], lambda: demo.process.terminate())
    with running(folder, port) as demo:
        as_it_was(demo, state(demo))
        # As Ctrl-C in a terminal does.
        ended_at_once(
            demo, teachers[2], free[7:9], lambda: os.killpg(demo.process.pid, signal.SIGINT)
        )
    journal = ledger.hold_whole(demo.store)
    with running(folder, port) as demo:
        # The moment it is ready.
        demo.process.terminate()
        assert demo.process.wait(10) == 0
    assert ledger.hold_whole(demo.store) == journal


def lent_and_killed(
    demo: Demo, card: str, barcode: str, kill: Callable[[Demo], None]
) -> tuple[dict[str, str], int]:
    """The state when the screen has said that it is lent, which is when it is killed."""
    demo.scan(card, barcode)
    demo.screen(partial(is_lent, barcode))
    before = state(demo)
    with open_stream(demo.port):
        kill(demo)
    ledger.hold_whole(demo.store)
    return before


def ended_at_once(demo: Demo, card: str, copies: list[str], end: Callable[[], None]) -> None:
    """An end that is asked for is clean and quick, and what had been read by then is done."""
    out = ledger.loans(demo.store).keys()
    demo.scan(card, *copies)
    with open_stream(demo.port):
        began = time.monotonic()
        end()
        assert demo.process.wait(60) == 0
        assert time.monotonic() - began < 40
    assert "Traceback" not in demo.said()
    assert ledger.loans(demo.store).keys() == out | set(copies), "what had been read is done"
    ledger.hold_whole(demo.store)
    assert not (demo.store / "station.sqlite-wal").exists()


def a_second_is_refused_by_name(first: Demo) -> None:
    second = kiosk(
        "demo", "--data", str(first.folder), "--station-port", str(free_port()),
        "--central-port", str(free_port()), "--no-browser",
    )  # fmt: skip
    assert second.returncode == 1
    assert f"{first.store} is in use by process {first.child()} (" in second.stderr
    assert "stop it, or use another folder" in second.stderr
    assert "Traceback" not in second.stderr
    assert second.stdout == ""


def is_lent(barcode: str, screen: Any) -> bool:
    return barcode in shown_on(screen, ["lent"])


def kill_parent(demo: Demo) -> None:
    children = demo.child(), demo.central()
    demo.kill()
    deadline = time.monotonic() + 60
    while any(map(runs, children)):
        assert time.monotonic() < deadline, "a child outlives its parent"
        time.sleep(0.05)


def kill_station(demo: Demo) -> None:
    os.kill(demo.child(), signal.SIGKILL)
    assert demo.process.wait(30) == 1
    assert "nothing acknowledged is lost: start the demo again" in demo.said()


def kill_central(demo: Demo) -> None:
    os.kill(demo.central(), signal.SIGKILL)
    assert demo.process.wait(30) == 1
    assert "the central record stopped (exit -9)" in demo.said()


@contextmanager
def open_stream(port: int) -> Iterator[None]:
    """A page that watches, as there always is."""
    with socket.create_connection(("127.0.0.1", port)) as page:
        page.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert page.recv(12) == b"HTTP/1.1 200"
        yield


@pytest.mark.parametrize("command", ["demo", "run"])
def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path, command: str) -> None:
    small_school(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        where = {
            "demo": ("--data", str(tmp_path), "--station-port", port, "--no-browser"),
            "run": ("--config", str(tmp_path / "config"), "--port", port),
        }
        done = kiosk(command, *where[command])
    assert done.returncode == 1
    assert f"port {port} cannot be used (Address already in use); stop the program" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_station_toml_is_told_by_file_key_value_and_remedy(tmp_path: Path) -> None:
    small_school(tmp_path)
    path = tmp_path / "config" / "station.toml"
    text = path.read_text(encoding="utf-8").replace("\nidle_s = 45 ", "\nidle_s = 0 ")
    path.write_text(text.replace("[store]", "[store]\nfodler = 'x'"), encoding="utf-8")
    port = str(free_port())
    refused = kiosk_here("demo", "--data", str(tmp_path), "--station-port", port, "--no-browser")
    assert refused.exit_code == 1
    problems = [line for line in refused.stderr.splitlines() if line.startswith("station.toml")]
    assert problems == [
        'station.toml, line 15: store.fodler = "x": there is no such key here; did you mean "folder"?',
        "station.toml, line 22: visit.idle_s = 0: write 5 or more",
    ]


def test_a_station_toml_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    small_school(tmp_path)
    (tmp_path / "config" / "station.toml").write_text("[station\nid = 'x'\n", encoding="utf-8")
    refused = kiosk_here("run", "--demo", "--config", str(tmp_path / "config"), "--port", "0")
    assert refused.exit_code == 1
    assert "station.toml" in refused.stderr
    assert "line 1" in refused.stderr


@pytest.mark.slow
@pytest.mark.timeout(60 + 12 * KILLS)
def test_what_the_screen_has_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "9"))
    print(f"seed {seed}")
    dice = random.Random(seed)
    store = small_school(tmp_path)
    length = 0
    for _ in range(KILLS):
        with running(tmp_path, free_port(), alone=True) as demo:
            seen, returned = scan_until_killed(demo, dice, set(ledger.loans(store)))
        journal = ledger.hold_whole(store)
        assert seen <= set(ledger.loans(store)), "acknowledged as lent, and gone"
        assert not returned & set(ledger.loans(store)), "acknowledged as returned, and out again"
        assert len(journal) > length
        length = len(journal)


def scan_until_killed(demo: Demo, dice: random.Random, out: set[str]) -> tuple[set[str], set[str]]:
    """Scan as fast as it goes until the process dies; what the screen showed last as lent, and as returned."""
    order = dice.sample((*MORE, CITY, SEA), 8)
    state: dict[str, str] = dict.fromkeys(out, "loan")
    demo.scan(TEACHER)
    demo.screen(lambda s: s["place"] == "visit")
    killer = threading.Timer(dice.uniform(0.02, 0.25), demo.process.send_signal, [signal.SIGKILL])
    killer.start()
    try:
        while demo.process.poll() is None:
            for barcode in order:
                demo.scan(barcode)
                screen = demo.get("/demo/screen")
                for line in (screen.get("visit") or {}).get("lines", []):
                    state[line["barcode"]] = line["kind"]
    except httpx.HTTPError:
        pass
    killer.join()
    # The same book again within 3 s changes nothing, so what was shown once holds to the end of this run.
    return (
        {b for b, kind in state.items() if kind == "lent"},
        {b for b, kind in state.items() if kind == "returned"},
    )
