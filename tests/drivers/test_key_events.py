"""Events to scans: lost events, control keys, and the time that the kernel put on each."""

from __future__ import annotations

from drivers.framing import HOLE_MS, QUIET_MS, Framing, Outcome, Read, Rubbish, Why
from drivers.key_events import EV_KEY, EV_SYN, SYN_DROPPED, SYN_REPORT, KeyEvents, KeyState
from tests.drivers.wires import CTRL, ENTER, SHIFT, keys_of


class Device:
    """Counts how often its state is asked for."""

    def __init__(self) -> None:
        self.answer = KeyState()
        self.asked = 0

    def state(self) -> KeyState:
        self.asked += 1
        return self.answer


def follow(device: Device) -> KeyEvents:
    return KeyEvents(Framing(longest=20), device.state)


def type_into(events: KeyEvents, text: str, at_ms: int = 0) -> list[Outcome]:
    taken = [events.take(event, at_ms) for char in text for event in keys_of(char)]
    return [outcome for outcomes in taken for outcome in outcomes]


def drop(events: KeyEvents, at_ms: int = 0) -> list[Outcome]:
    return [o for code in (SYN_DROPPED, SYN_REPORT) for o in events.take((EV_SYN, code, 0), at_ms)]


def test_a_scan_is_what_stands_before_enter() -> None:
    assert type_into(follow(Device()), "Ab-12\r", 7) == [Read("Ab-12", "", 7)]


def test_events_that_are_no_keys_are_nothing() -> None:
    events = follow(Device())
    type_into(events, "12")
    for kind in (2, 3, 4, 0x11, 0x14):
        assert events.take((kind, 4, 458_756), 0) == []
    assert type_into(events, "3\r") == [Read("123", "", 0)]


def test_after_dropped_events_the_partial_scan_is_discarded_up_to_its_end_and_said() -> None:
    events = follow(Device())
    type_into(events, "12345")
    assert drop(events) == []
    # The tail of a scan whose middle is gone would look like a shorter barcode.
    assert type_into(events, "678\r") == [Rubbish(Why.DROPPED, "########", 0)]
    assert type_into(events, "12345678\r") == [Read("12345678", "", 0)]


def test_what_comes_between_the_drop_and_the_end_of_its_packet_is_not_typed() -> None:
    device = Device()
    events = follow(device)
    events.take((EV_SYN, SYN_DROPPED, 0), 0)
    # An Enter in the packet that lost events ends nothing.
    assert events.take((EV_KEY, ENTER, 1), 0) == []
    events.take((EV_KEY, SHIFT, 1), 0)
    events.take((EV_SYN, SYN_REPORT, 0), 0)
    assert type_into(events, "1\r1\r") == [Rubbish(Why.DROPPED, "#", 0), Read("1", "", 0)]


def test_after_dropped_events_the_key_state_is_asked_of_the_device() -> None:
    device = Device()
    events = follow(device)
    events.take((EV_KEY, SHIFT, 1), 0)
    assert device.asked == 1
    drop(events)
    assert device.asked == 2
    assert type_into(events, "\rab\r")[1:] == [Read("ab", "", 0)]
    device.answer = KeyState(frozenset((SHIFT,)))
    drop(events)
    # Shift is down; the key that lifts it will come in time.
    type_into(events, "\r")
    events.take((EV_KEY, 30, 1), 0)
    events.take((EV_KEY, SHIFT, 0), 0)
    assert type_into(events, "a\r") == [Read("Aa", "", 0)]


def test_after_dropped_events_and_a_long_quiet_the_next_scan_counts() -> None:
    events = follow(Device())
    drop(events, 0)
    assert type_into(events, "123\r", QUIET_MS) == [
        Rubbish(Why.DROPPED, "", QUIET_MS),
        Read("123", "", QUIET_MS),
    ]


def test_two_scans_with_a_pause_instead_of_enter_between_them_are_not_one() -> None:
    events = follow(Device())
    type_into(events, "123", 0)
    assert type_into(events, "456\r", HOLE_MS) == [Rubbish(Why.HOLE, "######", HOLE_MS)]


def test_a_barcode_that_presses_control_keys_is_no_scan() -> None:
    events = follow(Device())
    type_into(events, "123")
    events.take((EV_KEY, CTRL, 1), 0)
    type_into(events, "v")
    events.take((EV_KEY, CTRL, 0), 0)
    assert type_into(events, "456\r") == [Rubbish(Why.CONTROL, "###### Ctrl Ctrl+V", 0)]
    assert type_into(events, "123\r") == [Read("123", "", 0)]


def test_control_keys_without_an_end_are_reported_after_a_quiet() -> None:
    events = follow(Device())
    events.take((EV_KEY, 1, 1), 0)
    assert events.wait_ms(0) == QUIET_MS
    assert events.tick(QUIET_MS) == [Rubbish(Why.CONTROL, "Esc", QUIET_MS)]


def test_caps_lock_that_is_lit_when_the_device_is_opened_counts() -> None:
    device = Device()
    device.answer = KeyState(caps=True)
    assert type_into(follow(device), "ab1\r") == [Read("AB1", "", 0)]
