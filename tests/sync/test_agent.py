"""The agent in its thread: it sends soon, goes on after any trouble, and stops at once."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from sync.agent import FIRST_WAIT_S, LONGEST_WAIT_S, Agent, back_off_s
from sync.exchange import LineDown
from tests.sync.town import COPIES, answered


@pytest.fixture
def hall(town):
    return town.station("hall")


@pytest.fixture
def agent(hall):
    made = Agent(hall.school.store, hall.line, hall.machine)
    yield made
    made.stop()
    assert not made._thread.is_alive()


def until(true, *, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_what_is_lent_is_sent_without_being_asked_for(town, hall, agent):
    agent.start()
    until(lambda: agent.state.online)
    hall.lend(COPIES[0])
    until(lambda: town.centre.holder(COPIES[0]) == "p1")
    assert (agent.state.trouble, agent.state.parked) == ("", False)
    assert agent.state.last_ms == hall.school.now.at_ms


def test_lending_goes_on_while_the_line_is_down_and_a_plug_put_in_is_noticed_at_once(
    town, hall, agent
):
    hall.exchange()
    up = threading.Event()

    def around(path, go_on):
        if not up.is_set():
            raise httpx.ConnectError("no route to host")
        return go_on()

    hall.wire.around = around
    agent.start()
    until(lambda: agent.state.online is False)
    assert "no route to host" in agent.state.trouble
    hall.lend(COPIES[0])
    up.set()
    agent.wake()
    until(lambda: town.centre.holder(COPIES[0]) == "p1")
    until(lambda: agent.state.online)
    assert agent.state.trouble == ""


def test_a_mistake_of_our_own_does_not_end_the_thread(town, hall, agent):
    calls = []

    def around(path, go_on):
        calls.append(path)
        if len(calls) == 1:
            raise ZeroDivisionError("a mistake")
        return go_on()

    hall.wire.around = around
    agent.start()
    until(lambda: "ZeroDivisionError" in agent.state.trouble)
    agent.wake()
    until(lambda: agent.state.online and not agent.state.trouble)


def test_what_the_centre_asks_to_wait_is_waited(hall, agent):
    hall.wire.around = lambda path, go_on: answered(503, b"", {"Retry-After": "77"})
    with pytest.raises(LineDown) as down:
        hall.line.send(_hello(hall))
    assert down.value.retry_after_s == 77
    assert agent._once() == 77


def test_a_refusal_is_told_with_its_code(town, hall, agent):
    hall.wire.around = lambda path, go_on: answered(
        403, b'{"error": "revoked", "message": "taken out of service"}'
    )
    assert agent._once() >= FIRST_WAIT_S
    assert (agent.state.refused, agent.state.trouble) == ("revoked", "taken out of service")
    assert agent.state.online


def test_a_call_that_hangs_does_not_keep_the_station_from_stopping(town, hall):
    begun, go = threading.Event(), threading.Event()

    def around(path, go_on):
        begun.set()
        go.wait(20)
        return go_on()

    hall.wire.around = around
    before = hall.meta("token")
    agent = Agent(hall.school.store, hall.line, hall.machine)
    agent.start()
    assert begun.wait(10)
    agent.stop()
    assert agent._thread.is_alive(), "the call still hangs, and stop did not wait for it"
    go.set()
    until(lambda: not agent._thread.is_alive())
    # It found that it was stopped before it touched the store.
    assert hall.meta("token") == before


def test_the_wait_doubles_up_to_five_minutes_and_is_never_the_same_for_all():
    longest = [back_off_s(n, lambda low, high: high) for n in range(1, 12)]
    assert longest[:4] == [2, 4, 8, 16]
    assert longest[-1] == LONGEST_WAIT_S
    assert {back_off_s(9, lambda low, high: low) for _ in range(3)} == {FIRST_WAIT_S}
    assert len({back_off_s(9) for _ in range(5)}) == 5


def _hello(place):
    from sync.wire import Pull

    return Pull(session="s" * 20, cursor=0)
