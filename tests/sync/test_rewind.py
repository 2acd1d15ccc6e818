"""Where a restored station and the centre part, found in few calls: the station's side of REWIND alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sync.exchange import Call, Clock, HashAt, Stand, Standing, TakeRewind, exchange
from sync.wire import AskMissing, Missing, Rewind, Welcome, WireEntry
from tests.central.fleet import Pen

SECRET = "x" * 16
PAGE = 500


def journal(seqs: int, *, parts_at: int | None = None) -> list[WireEntry]:
    pen = Pen("hall")
    for seq in range(1, seqs + 1):
        pen.checkin("20001" if parts_at is None or seq <= parts_at else "20002", at=seq * 1_000)
    return pen.wires


def rewound(mine: Sequence[WireEntry], theirs: Sequence[WireEntry]) -> tuple[TakeRewind, int]:
    """What a station with this journal does when the centre, with that one, rewinds it; and its calls for entries."""
    calls, steps = 0, exchange()
    effect = next(steps)
    while not isinstance(effect, TakeRewind):
        match effect:
            case Stand():
                held = (mine[-1].seq, mine[-1].hash) if mine else (0, "")
                told = Standing("moon", "hall", 1, SECRET, *held, "b", 1, "board", "test", 1, 0)
                effect = steps.send(told)
            case Clock():
                effect = steps.send(1)
            case HashAt(_, seq):
                effect = steps.send(mine[seq - 1].hash if seq <= len(mine) else None)
            case Call(AskMissing(after_seq=after)):
                calls += 1
                page = list(theirs[after : after + PAGE])
                effect = steps.send(Missing(entries=page, more=after + PAGE < len(theirs)))
            case Call():
                new = Rewind(epoch=2, token=SECRET, from_epoch=1, durable=len(theirs))
                welcome = Welcome(
                    session=SECRET,
                    token=SECRET,
                    server_ms=1,
                    durable=0,
                    durable_hash="",
                    rewind=new,
                )
                effect = steps.send(welcome)
            case other:
                raise AssertionError(other)
    return effect, calls


@pytest.mark.parametrize("held", [0, 1, 499, 500, 501, 1_999, 2_000, 2_001, 2_499, 2_500])
@pytest.mark.parametrize("more", [0, 3])
def test_a_restored_journal_takes_up_exactly_what_lies_beyond_the_last_common_entry(held, more):
    theirs = journal(2_500)
    took, _ = rewound(journal(held + more, parts_at=held), theirs)
    assert took.agreed == held
    assert [entry.seq for entry in took.theirs] == list(range(held + 1, 2_501))


def test_a_fresh_backup_asks_for_the_end_of_a_long_journal_only():
    theirs = journal(6_000)
    took, calls = rewound(theirs[:5_900], theirs)
    assert (took.agreed, calls) == (5_900, 1)
