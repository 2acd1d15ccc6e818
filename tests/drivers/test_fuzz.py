"""A million bytes and a million key events, from a seed: no exception, no scan longer than the limit."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from config.station import ScannerSettings
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framer, Framing, Outcome, Read, Rubbish, Terminator
from drivers.key_events import EV_KEY, EV_SYN, SYN_DROPPED, SYN_REPORT, KeyEvents, KeyState
from drivers.make import make_scanners
from drivers.recording import load
from drivers.scan import Scanner
from tests.drivers.wires import Ear, Terminal, Typist, wait_until

SEED = 20261125
MILLION = 1_000_000
LONGEST = 32
TELLING = b"\r\n\t]CE0\x02\x03\x00\xff\xb1\xcd0123456789"


def sound(outcomes: list[Outcome]) -> int:
    for outcome in outcomes:
        if isinstance(outcome, Read):
            assert 0 < len(outcome.text) <= LONGEST
        else:
            assert len(outcome.seen) <= 400
    return len(outcomes)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "gbk"])
@pytest.mark.parametrize("terminator", Terminator)
def test_a_million_bytes_give_scans_within_the_limit_and_nothing_else(
    encoding: str, terminator: Terminator
) -> None:
    share = MILLION // (3 * len(Terminator)) + 1
    rng = random.Random(f"{SEED} {encoding} {terminator}")
    raw = bytes(
        rng.choice(TELLING) if rng.random() < 0.6 else rng.randrange(256) for _ in range(share)
    )
    framer = Framer(Framing(terminator, 20, encoding=encoding, longest=LONGEST))
    at = now = done = 0
    while at < share:
        size = rng.choice((1, 1, 2, 5, 40, 300))
        done += sound(framer.feed(raw[at : at + size], now))
        at, now = at + size, now + rng.choice((0, 1, 10, 25, 1_500))
        done += sound(framer.tick(now))
        assert len(framer._held) <= 4 * LONGEST + 3
    assert done > share / 1500, "the fuzz is dull"


def test_a_million_key_events_give_scans_within_the_limit_and_nothing_else() -> None:
    rng = random.Random(SEED)
    tame = [*range(2, 12), 16, 30, 44, 28, 28, 15, 42]
    wild = [*tame, 54, 58, 69, 29, 56, 125, 1, 14, *range(256), 767]
    kinds = [EV_KEY] * 60 + [EV_SYN, 4]
    states = (KeyState(), KeyState(frozenset((42, 29, 30)), True))
    events = KeyEvents(Framing(longest=LONGEST), lambda: rng.choice(states))
    done: list[Outcome] = []
    for now in range(0, MILLION, 1000):
        keys = wild if rng.random() < 0.5 else tame
        batch = zip(
            rng.choices(kinds, k=1000),
            rng.choices(keys, k=1000),
            rng.choices((0, 1, 1, 2), k=1000),
            strict=True,
        )
        for at, (kind, code, value) in enumerate(batch, now):
            lost = SYN_DROPPED if code == 1 else SYN_REPORT
            done += events.take((kind, lost if kind == EV_SYN else code, value), at)
        events.take((EV_KEY, 29, 0), now + 999)
        events.take((EV_KEY, 97, 0), now + 999)
    sound(done)
    for outcome in (Read, Rubbish):
        assert sum(isinstance(o, outcome) for o in done) > 1_000, f"the fuzz is dull: few {outcome}"


def spied(folder: Path, kind: str, **where: str) -> Scanner:
    """A scanner as the station makes it for "spy:", and all that it reads is written down."""
    settings = {"name": "spied", "kind": kind, "longest": LONGEST, **where}
    (scanner,) = make_scanners([ScannerSettings.model_validate(settings)], spy_folder=folder)
    return scanner


def run_to_the_last(scanner: Scanner, ear: Ear, last: str) -> None:
    """Until the last scan is heard; then nothing was longer than the limit."""
    wait_until(lambda: last in ear.texts[-1:], f"{last} after {len(ear.scans)} scans")
    scanner.stop()
    assert max(map(len, ear.texts)) <= LONGEST
    assert len(ear.scans) > 300, "the fuzz is dull"


def test_a_million_bytes_leave_a_spied_port_reading_and_are_all_written_down(
    tmp_path: Path,
) -> None:
    rng = random.Random(SEED)
    raw = bytes(
        rng.choice(TELLING) if rng.random() < 0.6 else rng.randrange(256) for _ in range(MILLION)
    )
    raw += b"\rlast-one\r"
    terminal, ear = Terminal(tmp_path), Ear()
    scanner = spied(tmp_path, "serial", port=f"spy:{terminal.path}")
    with capture_logs() as logs:
        scanner.start(ear)
        wait_until(lambda: "written to" in str(scanner.health()["what"]), "the port to be open")
        terminal.send(raw, pause_s=0)
        run_to_the_last(scanner, ear, "last-one")
    terminal.close()
    assert {line["event"] for line in logs} == {"scan not believed"}
    assert b"".join(piece for _, piece in load(tmp_path / "spied.jsonl").reads) == raw


def test_a_million_bytes_of_events_leave_a_spied_keyboard_reading(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    kinds = [EV_KEY] * 60 + [EV_SYN, 4]
    keys = [*range(2, 12), 16, 30, 44, 28, 28, 15, 42, *range(64)]
    count = MILLION // 24 + 1
    events = list(
        zip(
            rng.choices(kinds, k=count),
            rng.choices(keys, k=count),
            rng.choices((0, 1), k=count),
            strict=True,
        )
    )
    typist, ear = Typist(), Ear()
    scanner = spied(tmp_path, "keyboard", device="spy:/dev/input/by-id/x")
    assert isinstance(scanner, EvdevScanner)
    scanner._open_device = typist.open
    with capture_logs() as logs:
        scanner.start(ear)
        typist.send(*events)
        typist.send(*((EV_KEY, code, 0) for code in range(256)), (EV_SYN, SYN_REPORT, 0))
        typist.type("\r")
        typist.type("4321\r")
        run_to_the_last(scanner, ear, "4321")
    typist.unplug()
    assert {line["event"] for line in logs} == {"scan not believed"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([EV_SYN, EV_KEY, 4]),
            st.one_of(st.sampled_from([2, 3, 28, 29, 42, SYN_DROPPED]), st.integers(0, 767)),
            st.integers(-1, 3),
        )
    ),
    st.integers(1, 40),
)
def test_any_events_give_scans_within_the_limit(
    events: list[tuple[int, int, int]], longest: int
) -> None:
    keys = KeyEvents(Framing(longest=longest), KeyState)
    for at, event in enumerate(events):
        for outcome in [*keys.take(event, at), *keys.tick(at)]:
            assert isinstance(outcome, Rubbish) or 0 < len(outcome.text) <= longest


@given(
    st.builds(
        Framing,
        st.sampled_from(Terminator),
        silence_ms=st.integers(1, 100),
        prefix=st.sampled_from([b"", b"\x02", b"]C0"]),
        suffix=st.sampled_from([b"", b"\x03", b"\x02"]),
        encoding=st.sampled_from(["ascii", "utf-8", "gbk"]),
        longest=st.integers(1, 40),
    ),
    st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 4_000))),
)
def test_any_framing_takes_any_bytes_at_any_time(
    framing: Framing, pieces: list[tuple[bytes, int]]
) -> None:
    framer, now = Framer(framing), 0
    for piece, later in pieces:
        for outcome in [*framer.feed(piece, now), *framer.tick(now + later)]:
            assert isinstance(outcome, Rubbish) or 0 < len(outcome.text) <= framing.longest
        now += later


@given(st.lists(st.text("0123456789ABC-", min_size=1, max_size=20), max_size=8), st.data())
def test_whole_scans_come_out_as_they_went_in_however_they_are_cut(
    scans: list[str], data: st.DataObject
) -> None:
    raw = "".join(f"{scan}\r" for scan in scans).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=10)))
    framer = Framer(Framing())
    done: list[Outcome] = []
    for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        done += framer.feed(raw[begin:end], 0)
    assert [o.text for o in done if isinstance(o, Read)] == scans
    assert len(done) == len(scans)
