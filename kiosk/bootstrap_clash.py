"""The demo's second station: it lends the copy that was lent here last, by a clock that nobody can trust."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import structs

from config.station import Station as StationSettings
from kiosk.bootstrap_demo import Hands
from kiosk.demo_clock import FILE, write_ahead
from kiosk.domain import Act, Reason
from kiosk.entry import GENESIS, VERSION, Entry, canonical, commitment, digest
from kiosk.errors import KioskError
from kiosk.folders import Folders
from kiosk.store.store import Store
from sync.exchange import Failing, LineDown, Refused
from sync.http import HttpLine
from sync.wire import Hello, Push, Pushed, Welcome, WireEntry

SECOND = "second-station.json"
# It has been on its own for so long; a loan made here since then may have been before or after its own.
ALONE_MS = 30 * 60_000
_DAYS = 14
_NEWEST_LOAN = (
    "SELECT l.barcode, l.patron_id, l.opened_ms, t.title FROM loans l JOIN copies c ON c.barcode = l.barcode"
    " JOIN titles t ON t.id = c.title_id ORDER BY l.opened_ms DESC LIMIT 1"
)
_SOMEBODY_ELSE = (
    "SELECT id, name FROM patrons WHERE id <> ? AND category = (SELECT category FROM patrons WHERE id = ?)"
    " AND blocked IS NULL ORDER BY id LIMIT 1"
)


class Clash:
    """Called once for each clash. Raises KioskError with what to do."""

    def __init__(self, file: Path, address: str, store: Store, now_ms: Callable[[], int]) -> None:
        self._file, self._address, self._store, self._now_ms = file, address, store, now_ms

    def __call__(self) -> dict[str, str]:
        """Lend the copy there as well; its barcode and title, and who has it now by that station."""
        now_ms = self._now_ms()
        with self._store.read() as tx:
            loan = tx.conn.exec_driver_sql(_NEWEST_LOAN).first()
            if loan is None or now_ms - loan.opened_ms > ALONE_MS // 2:
                raise KioskError("lend a book first, then press this again")
            at = (loan.patron_id, loan.patron_id)
            other = tx.conn.exec_driver_sql(_SOMEBODY_ELSE, at).first()
        if other is None:
            raise KioskError("there is nobody else in this school who could borrow it")
        self._write(loan.barcode, other.id, loan.opened_ms, now_ms)
        return {"barcode": loan.barcode, "title": loan.title, "patron": other.name}

    def _write(self, barcode: str, patron: str, lent_ms: int, now_ms: int) -> None:
        kept: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        boot = str(uuid.uuid4())
        blank = Entry(
            station=kept["station"], epoch=kept["epoch"], seq=kept["seq"] + 1, prev=kept["head"] or GENESIS,
            act=Act.SCAN, allowed=True, reason=Reason.OK, boot=str(uuid.uuid4()), mono_ms=0,
            wall_ms=now_ms - ALONE_MS, clock="sure", rules="", v=VERSION,
        )  # fmt: skip
        # The last thing it did while its clock was right; then the power failed, and its clock began anew.
        first = _wired(blank)
        salt = secrets.token_hex(16)
        lent = structs.replace(blank, seq=first.seq + 1, prev=first.hash, act=Act.CHECKOUT, boot=boot,
            wall_ms=lent_ms - 60_000, clock="unsure", copy=barcode, who=commitment(salt, patron), days=_DAYS,
        )  # fmt: skip
        second = structs.replace(_wired(lent), salt=salt, patron=patron)
        self._send(kept, boot, [first, second])

    def _send(self, kept: dict[str, Any], boot: str, wires: list[WireEntry]) -> None:
        """One exchange as any station has it; what it must remember is written before and after."""
        hello = Hello(
            school=kept["school"], station=kept["station"], epoch=kept["epoch"], token=kept["token"],
            last_seq=kept["seq"], head=kept["head"], boot=str(uuid.uuid4()), mono_ms=0,
            hardware="simulated", software="demo", entry_version=VERSION, cursor=0,
            health={"journal": str(wires[-1].seq), "unsent": str(len(wires))},
        )  # fmt: skip
        try:
            with closing(HttpLine(self._address)) as line:
                welcome = line.send(hello)
                assert isinstance(welcome, Welcome), "HELLO is answered by a welcome"
                if welcome.rewind:
                    raise KioskError(
                        "the second station lost its place; start the demo in a new folder"
                    )
                self._keep({**kept, "token": welcome.token})
                pushed = line.send(Push(session=welcome.session, entries=wires))
                assert isinstance(pushed, Pushed), "PUSH is answered as one"
                last = {"seq": wires[-1].seq, "head": wires[-1].hash}
                self._keep({**kept, "token": welcome.token, **last})
        except (LineDown, Failing, Refused) as error:
            raise KioskError(
                f"the central record does not answer the second station: {error}"
            ) from error

    def _keep(self, kept: dict[str, Any]) -> None:
        self._file.write_text(json.dumps(kept), encoding="utf-8")


def join_central(
    hands: Hands, folders: Folders, settings: StationSettings, store: Store, central: str
) -> None:
    """Give the panel its console and its other station, and let the record's clock follow the demo's."""
    clock_file = folders.config.parent / FILE
    write_ahead(clock_file, hands.clock_ms)
    hands.on_clock = lambda at_ms: write_ahead(clock_file, at_ms)
    hands.console_url = f"{central}/console/"
    other = folders.store(settings) / SECOND
    if other.exists():
        hands.on_clash = Clash(other, central, store, lambda: hands.clock_ms)


def _wired(entry: Entry) -> WireEntry:
    body = canonical(entry)
    return WireEntry(seq=entry.seq, hash=digest(body), body=body)
