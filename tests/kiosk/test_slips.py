"""Slips wait in a thread of their own: none is lost unsaid, none comes out twice, and nobody waits for a printer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kiosk.screen import Place, Printed, Screen, VisitView
from kiosk.slips import MOST_WAITING, SlipPrinter, Slowness
from tests.drivers.wires import wait_until
from tests.web_ui.samples import lent, screen, visit

QUICK = Slowness(retry_s=0.02, kept_s=60, look_s=0.02)


class Press:
    """A press that does as `will` says, holds still while `held`, and keeps what came out."""

    def __init__(self) -> None:
        self.will = Printed.DONE
        self.printed: list[str] = []
        self.tries = self.looks = 0
        self.free = threading.Event()
        self.free.set()
        self.stopped = self.odd = False

    def print_one(self, visit: VisitView, screen: Screen) -> Printed:
        self.tries += 1
        self.free.wait(30)
        if self.odd:
            raise RuntimeError("an odd slip")
        if self.will is Printed.DONE:
            self.printed.append(visit.id)
        return self.will

    def look(self) -> None:
        self.looks += 1

    @property
    def no_paper(self) -> bool:
        return self.will is Printed.NO_PAPER

    def health(self) -> dict[str, object]:
        return {"state": "green", "what": "printer: press", "do": ""}

    def stop(self) -> None:
        self.stopped = True
        self.free.set()


class Desk:
    """Slips of visits v0, v1, ..., and what was told of each."""

    def __init__(self, slowness: Slowness = QUICK) -> None:
        self.press = Press()
        self.slips = SlipPrinter(self.press, slowness)
        self.told: dict[str, list[Printed]] = {}

    def ask(self, number: int = 0) -> list[Printed]:
        told = self.told.setdefault(f"v{number}", [])
        view = replace(visit(lent(1)), id=f"v{number}")
        self.slips.put(view, screen(Place.VISIT), told.append)
        return told


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.slips.stop()
    assert not made.slips._thread.is_alive()


def test_a_slip_comes_out_and_is_told(desk: Desk) -> None:
    told = desk.ask()
    wait_until(lambda: told == [Printed.DONE], "the slip")
    assert desk.press.printed == ["v0"]


@pytest.mark.parametrize("trouble", [Printed.NO_PAPER, Printed.NOT_READY])
def test_a_slip_that_found_no_paper_is_told_at_once_and_comes_out_with_new_paper(
    desk: Desk, trouble: Printed
) -> None:
    desk.press.will = trouble
    told = desk.ask()
    wait_until(lambda: len(told) >= 2, "two tries")
    assert set(told) == {trouble}
    desk.press.will = Printed.DONE
    wait_until(lambda: told[-1] is Printed.DONE, "the slip")
    assert desk.press.printed == ["v0"]
    assert desk.slips.health()["state"] == "green"


def test_a_slip_of_which_a_part_may_be_out_is_not_tried_again(desk: Desk) -> None:
    desk.press.will = Printed.FAILED
    told = desk.ask()
    wait_until(lambda: told == [Printed.FAILED], "the end")
    wait_until(lambda: desk.press.looks > 3, "some looks")
    assert desk.press.tries == 1
    assert desk.slips.health() == {
        "state": "yellow",
        "what": "printer: press; slips that were not printed: 1",
        "do": "print a slip to see that it works",
    }


def test_the_notice_goes_when_a_slip_comes_out(desk: Desk) -> None:
    desk.press.will = Printed.FAILED
    first = desk.ask()
    wait_until(lambda: bool(first), "the first")
    desk.press.will = Printed.DONE
    second = desk.ask(1)
    wait_until(lambda: bool(second), "the second")
    assert desk.slips.health()["what"] == "printer: press"


def test_a_slip_that_is_too_old_is_given_up_and_counted() -> None:
    desk = Desk(Slowness(retry_s=0.01, kept_s=0.1, look_s=0.02))
    desk.press.will = Printed.NO_PAPER
    told = desk.ask()
    wait_until(lambda: told[-1:] == [Printed.FAILED], "the end")
    assert told[0] is Printed.NO_PAPER
    desk.press.will = Printed.DONE
    wait_until(lambda: desk.press.looks > 5, "some looks")
    assert desk.press.printed == []
    assert "slips that were not printed: 1" in str(desk.slips.health()["what"])
    desk.slips.stop()


def test_a_slip_asked_for_again_waits_once(desk: Desk) -> None:
    desk.press.will = Printed.NO_PAPER
    for _ in range(5):
        desk.ask()
    desk.press.will = Printed.DONE
    wait_until(lambda: Printed.DONE in desk.told["v0"], "the slip")
    assert desk.ask(1) is not None
    wait_until(lambda: desk.press.printed[-1:] == ["v1"], "the next")
    assert desk.press.printed == ["v0", "v1"]


def test_a_slip_asked_for_while_it_is_printed_comes_out_once(desk: Desk) -> None:
    desk.press.free.clear()
    told = desk.ask()
    wait_until(lambda: desk.press.tries == 1, "printing")
    desk.ask()
    desk.press.free.set()
    wait_until(lambda: bool(told), "the slip")
    desk.ask(1)
    wait_until(lambda: desk.press.printed[-1:] == ["v1"], "the next")
    assert desk.press.printed == ["v0", "v1"]


def test_the_queue_has_an_end_and_says_so(desk: Desk) -> None:
    desk.press.free.clear()
    desk.ask()
    wait_until(lambda: desk.press.tries == 1, "printing")
    for number in range(1, MOST_WAITING + 2):
        desk.ask(number)
    assert desk.told[f"v{MOST_WAITING + 1}"] == [Printed.FAILED]
    assert desk.told[f"v{MOST_WAITING}"] == []
    desk.press.free.set()
    wait_until(lambda: desk.told[f"v{MOST_WAITING}"] == [Printed.DONE], "the last")
    assert desk.press.printed == [f"v{number}" for number in range(MOST_WAITING + 1)]


def test_what_waits_is_printed_before_the_end() -> None:
    desk = Desk()
    desk.press.free.clear()
    for number in range(3):
        desk.ask(number)
    desk.press.free.set()
    desk.slips.stop()
    assert desk.press.printed == ["v0", "v1", "v2"]


def test_a_press_that_hangs_does_not_hold_up_the_end() -> None:
    desk = Desk()
    desk.press.free.clear()
    told = desk.ask()
    wait_until(lambda: desk.press.tries == 1, "printing")
    desk.slips.stop()
    assert desk.press.stopped
    assert not desk.slips._thread.is_alive()
    assert told


def test_without_paper_the_end_does_not_wait_for_any() -> None:
    desk = Desk(Slowness(retry_s=600, kept_s=6000, look_s=600))
    desk.press.will = Printed.NO_PAPER
    told = desk.ask()
    wait_until(lambda: bool(told), "the first try")
    desk.slips.stop()
    assert told[-1] is Printed.FAILED
    assert not desk.slips._thread.is_alive()


def test_one_odd_slip_does_not_end_printing(desk: Desk) -> None:
    desk.press.odd = True
    told = desk.ask()
    wait_until(lambda: told == [Printed.FAILED], "the odd one")
    desk.press.odd = False
    after = desk.ask(1)
    wait_until(lambda: after == [Printed.DONE], "the next")
