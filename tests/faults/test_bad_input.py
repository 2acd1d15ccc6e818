"""Ten thousand bad scans through a running station: no crash, no lost loan, and the journal holds."""

from __future__ import annotations

import random
import shutil
import string
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.scan import Scan
from kiosk.screen import Place
from tests.faults import ledger
from tests.kiosk.acts import fast
from tests.kiosk.school import (
    ANAN,
    BLOCKED,
    CITY,
    DICTIONARY,
    DREAM,
    EXPIRED,
    INSECTS,
    LOST_CARD,
    MENDING,
    MISSING,
    MORE,
    SEA,
    TEACHER,
    XIAOMAN,
    School,
)
from tests.soak import often

CARDS = (XIAOMAN, ANAN, TEACHER, EXPIRED, LOST_CARD, BLOCKED)
COPIES = (CITY, SEA, INSECTS, DREAM, DICTIONARY, MENDING, MISSING, *MORE)
COMMANDS = ("CMD-FINISH", "CMD-RENEW-ALL", "CMD-LANGUAGE")
KNOWN = (*CARDS, *COPIES, *COMMANDS)
SEED = 20261125
SCANS = 10_000


def gbk_as_latin(dice: random.Random) -> str:
    """What a scanner set to GBK sends, read by a driver set to Latin-1."""
    return "".join(dice.choices("借书证图书馆条码红楼梦", k=8)).encode("gbk").decode("latin-1")


def control(dice: random.Random) -> str:
    return "".join(chr(dice.randrange(0x20)) for _ in range(dice.randrange(1, 20)))


def broken_utf8(dice: random.Random) -> str:
    return dice.randbytes(dice.randrange(1, 30)).decode("utf-8", "surrogateescape")


def long(dice: random.Random) -> str:
    return dice.choice(string.printable + "书\x00") * 4096


def almost(dice: random.Random) -> str:
    """A good label with something wrong about it."""
    label = list(dice.choice(KNOWN))
    label[dice.randrange(len(label))] = dice.choice("0O\x00'\";%_ \udcff书")
    return "".join(label)


def joined(dice: random.Random) -> str:
    return dice.choice(COPIES) + dice.choice("\r\n\t ,") + dice.choice(COPIES)


def any_text(dice: random.Random) -> str:
    return "".join(chr(dice.randrange(0x110000)) for _ in range(dice.randrange(80)))


def hostile(dice: random.Random) -> str:
    return dice.choice(
        [
            "'; DROP TABLE loans; --",
            "<script>alert(1)</script>",
            "%s%n{0}{{7*7}}",
            "../../etc/passwd",
            '","allowed":true,"x":"',
            "\u202e\u200b\ufeff",
            "00000001\x00",
            "０００００００１",
            "",
            " ",
        ]
    )


def known(dice: random.Random) -> str:
    return dice.choice(KNOWN) + dice.choice(["", "", "\r", "\n", " "])


WRONG = (gbk_as_latin, control, broken_utf8, long, almost, joined, any_text, hostile)


def feed(school: School, text: str) -> None:
    """Hand a raw text to the station itself: no scanner stands between that could mend it."""
    school.station.on_scan(Scan(text, "", "scanner", time.monotonic_ns() // 1_000_000))


def scan_all(school: School, texts: list[str]) -> None:
    for text in texts:
        feed(school, text)
    assert school.station.settled().place in Place
    assert school.station.failed is None


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_ten_thousand_bad_scans_crash_nothing_and_lose_no_loan(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    texts = [dice.choice(WRONG)(dice) if dice.random() < 0.7 else known(dice) for _ in range(SCANS)]
    school = School(tmp_path)
    # Durable writing is not in question here, and ten thousand fsyncs are nine tenths of the time.
    fast(school)
    school.open()
    station = school.station
    for start in range(0, SCANS, 500):
        for text in texts[start : start + 500]:
            feed(school, text)
        while station.waiting and not station.failed:
            station.wait(station.screen.n, 1.0)
        assert station.failed is None
    station.settled()
    journal = ledger.hold_whole(school.store.folder)
    acts = Counter((entry["act"], entry["allowed"]) for entry in journal)
    assert acts["checkout", True] > SCANS / 100
    assert acts["checkin", True] > SCANS / 100
    assert acts["scan", False] > SCANS / 2
    for entry in journal:
        assert len(entry.get("text", "")) <= 64
        assert entry.get("text", "").isprintable()
    school.close()


@settings(max_examples=often(15, 200), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(
            st.sampled_from(KNOWN),
            st.text(max_size=70),
            st.text(st.characters(categories=("Cc", "Cf", "Cs", "Co", "Zs")), max_size=12),
            st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
            st.text(st.characters(codec="gbk"), min_size=1, max_size=20).map(
                lambda text: text.encode("gbk").decode("latin-1")
            ),
        ),
        max_size=40,
    )
)
def test_any_row_of_scans_leaves_the_loans_that_the_journal_tells(texts: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="any-scan-"))
    school = School(folder)
    fast(school)
    school.open()
    try:
        scan_all(school, texts)
        ledger.hold_whole(school.store.folder)
    finally:
        school.close()
        shutil.rmtree(folder)
