"""From the touch on "print" to paper, through a whole station and real printers' wires."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from drivers.slip import width
from kiosk.bootstrap import Running, start
from kiosk.bootstrap_demo import lay_out
from kiosk.folders import Folders
from kiosk.screen import Place, Printed, SlipView, Touch
from tests.drivers.paper import FileEnd, NetworkEnd, SerialEnd, read_paper
from tests.drivers.wires import wait_until
from tests.kiosk.school import CITY, XIAOMAN, School

Start = Callable[[str], Running]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Start]:
    """A station of the small school with the given lines below [printer]; its pages are served."""
    made: list[tuple[Running, threading.Thread]] = []

    def begin(lines: str) -> Running:
        config = lay_out(tmp_path)
        School(tmp_path).close()
        file = config / "station.toml"
        text = file.read_text("utf-8")
        begun, _, rest = text.partition("[printer]\n")
        _, _, end = rest.partition("[central]\n")
        file.write_text(f"{begun}[printer]\n{lines}\n[central]\n{end}", "utf-8")
        running = start(Folders(config), port=0, demo=True)
        pages = threading.Thread(target=running.serve)
        pages.start()
        made.append((running, pages))
        return running

    yield begin
    for running, pages in made:
        running.stop()
        pages.join(10)
        assert running.paper
        assert not running.paper._thread.is_alive()
        assert running.station.failed is None


def borrow(running: Running) -> None:
    assert running.hands
    for text in (XIAOMAN, CITY):
        running.hands.scan(text)
    assert running.station.settled().place is Place.VISIT


def touch(running: Running, *touches: Touch) -> SlipView:
    visit = running.station.screen.visit
    assert visit
    for one in touches:
        assert running.station.touch(one, visit=visit.id)
    return slip(running)


def slip(running: Running) -> SlipView:
    assert running.station.screen.slip
    return running.station.screen.slip


def health(running: Running) -> dict[str, str]:
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        line: dict[str, str] = http.get("health").json()["printer"]
        return line


@pytest.mark.parametrize("columns", [32, 48])
def test_the_slip_on_paper_has_the_words_of_the_page(
    station: Start, tmp_path: Path, columns: int
) -> None:
    end = FileEnd(tmp_path)
    running = station(f'kind = "file"\npath = "{end.path}"\ncolumns = {columns}')
    borrow(running)
    touch(running, Touch.SLIP, Touch.PRINT)
    wait_until(lambda: slip(running).printed is Printed.DONE, "the slip")
    paper = read_paper(end.does.printed)
    assert paper[:3] == ["阳光实验学校图书馆", "2026年11月25日 11:45", "李**"]
    (book,) = [row for row in paper if row.startswith("城南旧事")]
    assert book.endswith("前还")
    assert width(book, "gb18030") == columns
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        page = http.get(f"slip/{slip(running).visit}").text
    for row in paper[:3] + book.split():
        assert row in page


def test_without_paper_the_pupil_is_told_before_asking_and_staff_what_to_do(
    station: Start, tmp_path: Path
) -> None:
    end = SerialEnd(tmp_path)
    end.does.paper_left = 0
    running = station(f'kind = "serial"\nport = "{end.path}"')
    borrow(running)
    wait_until(lambda: bool(running.paper and running.paper.no_paper), "a look")
    assert touch(running, Touch.SLIP).printed is Printed.NO_PAPER
    assert health(running) == {
        "state": "red",
        "code": "printer_trouble",
        "what": f"printer: {end.path} is out of paper",
        "do": "put in a new roll and close the cover",
    }
    touch(running, Touch.PRINT)
    wait_until(lambda: slip(running).printed is Printed.NO_PAPER, "the words")
    assert end.does.printed == b""
    end.does.paper_left = 1 << 20
    wait_until(lambda: slip(running).printed is Printed.DONE, "the slip")
    assert read_paper(end.does.printed)[0] == "阳光实验学校图书馆"
    assert health(running)["state"] == "green"
    end.close()


def test_a_printer_that_hangs_delays_no_scan(station: Start, tmp_path: Path) -> None:
    end = NetworkEnd(tmp_path)
    end.hangs = True
    running = station(f'kind = "network"\naddress = "127.0.0.1:{end._port}"')
    borrow(running)
    touch(running, Touch.SLIP, Touch.PRINT)
    wait_until(lambda: end.calls > 0, "a call")
    assert running.hands
    running.hands.scan("9787020002207")
    assert running.station.settled().visit
    assert running.station.waiting == 0
    end.close()


def test_the_demos_panel_takes_the_paper_out(station: Start) -> None:
    running = station('kind = "simulator"')
    borrow(running)
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        assert http.post("demo/paper", json={"out": True}).json() == {"out": True}
        assert http.get("demo/state").json()["paper_out"] is True
        assert health(running)["do"] == "put paper in again on the panel"
        touch(running, Touch.SLIP, Touch.PRINT)
        wait_until(lambda: slip(running).printed is Printed.NO_PAPER, "the words")
        assert http.get("demo/tray").json() == []
        http.post("demo/paper", json={"out": False}).raise_for_status()
        wait_until(lambda: slip(running).printed is Printed.DONE, "the slip")
        (made,) = http.get("demo/tray").json()
        assert "城南旧事" in made["text"]
        assert "<html" in made["html"]
