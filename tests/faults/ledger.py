"""What the journal says, read by plain SQL and folded anew, so that the loans table can be held against it.

It shares no code with the desk, the journal or the store: a mistake there is not repeated here.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Open:
    """An open loan, in the columns of the loans table."""

    patron_id: str
    opened_ms: int
    due_on: str | None
    renewals: int
    entry: str


SAME_MS = 2_000


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "station.sqlite", timeout=10)) as store:
        return store.execute(sql, values).fetchall()


def entries(folder: Path) -> list[Body]:
    """Every entry as written, oldest first, with `patron` and `salt` from beside it."""
    found = rows(
        folder,
        "SELECT j.body, p.patron_id, p.salt, j.hash FROM journal j LEFT JOIN journal_people p "
        "ON p.epoch = j.epoch AND p.seq = j.seq ORDER BY j.epoch, j.seq",
    )
    return [
        {**json.loads(body), "patron": patron, "salt": salt, "hash": digest, "body": body}
        for body, patron, salt, digest in found
    ]


def last(folder: Path) -> Body:
    return entries(folder)[-1]


def loans(folder: Path) -> dict[str, Open]:
    found = rows(folder, "SELECT barcode, patron_id, opened_ms, due_on, renewals, entry FROM loans")
    return {barcode: Open(*rest) for barcode, *rest in found}


def folded(journal: list[Body]) -> dict[str, Open]:
    """The loans that the allowed entries leave open; an entry that could not have happened fails."""
    out: dict[str, Open] = {}
    gone: dict[str, Open] = {}
    for entry in journal:
        if not entry["allowed"] or "copy" not in entry:
            continue
        copy, key = entry["copy"], f"{entry['station']}:{entry['epoch']}:{entry['seq']}"
        match entry["act"]:
            case "checkout":
                assert copy not in out, f"{key} lends what is out already"
                out[copy] = Open(entry["patron"], entry["wall_ms"], entry.get("due_on"), 0, key)
            case "checkin" if copy in out:
                gone[key] = out.pop(copy)
            case "renewal":
                assert ("undoes" in entry) == (copy not in out), f"{key} renews what is not out"
                before = gone.pop(entry["undoes"]) if "undoes" in entry else out[copy]
                assert before.patron_id == entry["patron"], f"{key} renews another's loan"
                assert entry["renewals"] == before.renewals + 1
                out[copy] = replace(
                    before, due_on=entry.get("due_on"), renewals=entry["renewals"], entry=key
                )
    return out


def hold_chain(journal: list[Body]) -> None:
    """Every entry follows the one before it, and names its patron by the salt that lies beside."""
    before = "0" * 64
    for seq, entry in enumerate(journal, start=1):
        assert (entry["epoch"], entry["seq"]) == (1, seq)
        assert entry["prev"] == before
        before = hashlib.sha256(entry["body"].encode()).hexdigest()
        assert entry["hash"] == before
        if entry["patron"]:
            spoken = f"{entry['salt']}:{entry['patron']}".encode()
            assert entry["who"] == hashlib.sha256(spoken).hexdigest()
        else:
            assert "who" not in entry


def hold_whole(folder: Path) -> list[Body]:
    """The chain holds and the loans table is what the journal says; the journal, for more questions."""
    journal = entries(folder)
    hold_chain(journal)
    told, out = loans(folder), folded(journal)
    for barcode in told.keys() & out.keys():
        # The central record tells when a loan began by its own clock: that of the station, but for a moment.
        assert abs(told[barcode].opened_ms - out[barcode].opened_ms) < SAME_MS
        out[barcode] = replace(out[barcode], opened_ms=told[barcode].opened_ms)
    assert told == out
    return journal
