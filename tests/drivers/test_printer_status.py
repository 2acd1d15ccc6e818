"""The bits of DLE EOT in words."""

from __future__ import annotations

import pytest

from drivers.printer_status import (
    ERROR,
    OFFLINE_CAUSE,
    ONLINE,
    PAPER,
    is_answer,
    is_printed,
    question,
    status_of,
)

WELL = {PAPER: 0x12, ONLINE: 0x12, OFFLINE_CAUSE: 0x12, ERROR: 0x12}


@pytest.mark.parametrize(
    ("answers", "stopped", "no_paper"),
    [
        ({}, "", False),
        ({ONLINE: 0x16}, "", False),  # only the cash drawer
        ({OFFLINE_CAUSE: 0x1A}, "", False),  # somebody holds the feed button
        ({ONLINE: 0x1A}, "is off-line", False),
        ({ONLINE: 0x1A, PAPER: 0x72}, "is out of paper", True),
        ({ONLINE: 0x1A, OFFLINE_CAUSE: 0x32}, "is out of paper", True),
        ({ONLINE: 0x1A, OFFLINE_CAUSE: 0x16, PAPER: 0x72}, "has its cover open", False),
        ({ERROR: 0x1A}, "has a jammed cutter", False),
        ({ERROR: 0x52}, "reports an error", False),
        ({ERROR: 0x32}, "reports an error", False),
        ({OFFLINE_CAUSE: 0x52}, "reports an error", False),
    ],
)
def test_the_plainest_cause_is_told(answers: dict[int, int], stopped: str, no_paper: bool) -> None:
    status = status_of({**WELL, **answers})
    assert (status.stopped, status.no_paper) == (stopped, no_paper)
    assert bool(status.todo) is bool(stopped)


def test_a_roll_near_its_end_still_prints() -> None:
    status = status_of({**WELL, PAPER: 0x1E})
    assert (status.near_end, status.stopped) == (True, "")


def test_a_printer_that_answers_little_is_taken_at_its_word() -> None:
    assert status_of({PAPER: 0x72}).no_paper
    assert status_of({ONLINE: 0x12}).stopped == ""


def test_answers_are_told_from_flow_control_and_other_reports() -> None:
    assert [is_answer(byte) for byte in (0x12, 0x7E, 0x11, 0x13, 0x00, 0x0F)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert [is_printed(byte) for byte in (0x00, 0x03, 0x12, 0x11)] == [True, True, False, False]
    assert question(4) == b"\x10\x04\x04"
