"""Stations of the tests: they write journals as real ones do, and push them in any order and portions wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kiosk.domain import Act, Reason
from kiosk.entry import GENESIS, VERSION, Entry, canonical, commitment, digest
from sync.central.db import Database, insert_many
from sync.central.ingest import Taken, move_watermark, take_in
from sync.central.schema import (
    cases,
    copies,
    feed,
    holdings,
    lineages,
    loans,
    outcomes,
    patrons,
    rules,
    schools,
    stations,
    titles,
)
from sync.continuity import Lineage, texts_of
from sync.wire import WireEntry
from tests.sync.story import NOON

SCHOOL = "sunshine"


def found_school(
    db: Database,
    *,
    barcodes: Sequence[str] = (),
    people: Sequence[str] = (),
    school: str = SCHOOL,
) -> None:
    """A school with these copies of one title, and these patrons."""
    with db.begin() as conn:
        told = {"id": school, "name": "阳光学校", "name_en": "", "time_zone": "Asia/Shanghai"}
        insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])
        blank = dict.fromkeys(("author", "publisher", "year", "class_number", "isbn", "pinyin"), "")
        insert_many(conn, titles, [{"school": school, "id": "t1", "title": "西游记", **blank}])
        shelf = {"copy_type": "book", "state": "on_shelf", "shelf": "1"}
        empty = {"room": "", "call_number": ""}
        insert_many(
            conn,
            copies,
            [
                {"school": school, "barcode": b, "title_id": "t1", **shelf, **empty}
                for b in barcodes
            ],
        )
        rest = {"category": "student", "grade": 3, "class_name": "三年级2班"}
        none = {"expires_on": None, "blocked": None, "gone_ms": None}
        insert_many(
            conn, patrons, [{"school": school, "id": p, "name": p, **rest, **none} for p in people]
        )


def enrol(db: Database, station: str, *, epoch: int = 1, school: str = SCHOOL) -> None:
    """A lineage of the station, as enrolment would leave it."""
    with db.begin(school) as conn:
        if conn.execute(select(stations.c.id).where(stations.c.id == station)).first() is None:
            empty = {"revoked_ms": None, "software": "", "seen_ms": None, "health": "{}"}
            told: dict[str, Any] = {
                "school": school,
                "id": station,
                "name": station,
                "room": "",
                **empty,
            }
            insert_many(conn, stations, [told])
        token = hashlib.sha256(f"{station}{epoch}".encode()).hexdigest()
        row: dict[str, Any] = {"school": school, "station": station, "epoch": epoch}
        row |= {"durable": 0, "head": ""}
        row |= {"hardware": "", "is_open": True, "parked": False, "secret": "", "token": token}
        row |= {"begun_ms": NOON}
        insert_many(conn, lineages, [row])


def publish_rules(db: Database, *, school: str = SCHOOL) -> None:
    """The library.toml that the program brings along."""
    text = (Path(__file__).parents[2] / "config" / "library.toml").read_text(encoding="utf-8")
    row = {"school": school, "digest": "d", "text": text, "published_ms": 1, "staff": ""}
    with db.begin(school) as conn:
        insert_many(conn, rules, [row])


@dataclass
class Pen:
    """A station's journal: dense, chained entries. `at` is in ms after NOON; the clock is sure by default."""

    station: str
    epoch: int = 1
    wires: list[WireEntry] = field(default_factory=list)
    boot: str = "boot-1"

    def write(
        self, act: Act, copy: str | None = None, patron: str | None = None, *, at: int, **more
    ) -> str:
        seq = len(self.wires) + 1
        salt = hashlib.sha256(f"{self.station}{seq}".encode()).hexdigest()[:32] if patron else None
        card = more.pop("card", None)
        entry = Entry(
            station=self.station,
            epoch=self.epoch,
            seq=seq,
            prev=self.wires[-1].hash if self.wires else GENESIS,
            act=act,
            allowed=more.pop("allowed", True),
            reason=more.pop("reason", Reason.OK),
            boot=more.pop("boot", self.boot),
            mono_ms=more.pop("mono_ms", 1_000_000 + at),
            wall_ms=more.pop("wall_ms", NOON + at),
            clock="unsure" if more.pop("unsure", False) else "sure",
            rules="r",
            v=VERSION,
            copy=copy,
            who=commitment(salt, patron) if salt and patron else None,
            **more,
        )
        body = canonical(entry)
        wire = WireEntry(seq=seq, hash=digest(body), body=body, salt=salt, patron=patron, card=card)
        self.wires.append(wire)
        return entry.key

    def checkout(self, copy: str, patron: str, *, at: int, **more) -> str:
        more.setdefault("due_on", "2026-12-09")
        return self.write(Act.CHECKOUT, copy, patron, at=at, days=14, **more)

    def checkin(self, copy: str, *, at: int, patron: str | None = None, **more) -> str:
        return self.write(Act.CHECKIN, copy, patron, at=at, **more)


def push(
    db: Database,
    pen: Pen,
    first: int = 1,
    last: int | None = None,
    *,
    now: int = NOON * 2,
    poison: bool = False,
    **more,
) -> Taken:
    """Push entries first..last of a journal; raises what the centre objects to."""
    with db.begin(SCHOOL) as conn:
        row = conn.execute(
            select(lineages).where(
                lineages.c.school == SCHOOL,
                lineages.c.station == pen.station,
                lineages.c.epoch == pen.epoch,
            )
        ).one()
        out = select(stations.c.revoked_ms).where(stations.c.id == pen.station)
        lineage = Lineage(
            pen.station,
            pen.epoch,
            row.durable,
            row.head,
            row.hardware,
            revoked=conn.execute(out).scalar() is not None,
        )
        portion = pen.wires[first - 1 : last]
        texts = texts_of(portion, poison=poison)
        told = take_in(conn, SCHOOL, lineage, portion, now_ms=now, texts=texts, **more)
        if not isinstance(told, Taken):
            raise ValueError(told)
        move_watermark(conn, SCHOOL, pen.station, pen.epoch, durable=told.durable, head=told.head)
    return told


def picture(db: Database) -> dict[str, list]:
    """Everything that the fold has made, in a form that can be compared: no arrival times, positions, seals."""
    kept = {
        holdings: "barcode patron opened_by state lendable kept_for place seen_ms last_entry in_doubt",
        loans: "opened_by barcode patron opened_ms due_on renewals closed_by closed_ms closed_lo how past_limit",
        outcomes: "station epoch seq outcome codes past_limit",
        cases: "id barcode code about patrons facts is_open",
    }
    with db.read() as conn:
        shown = {}
        for table, names in kept.items():
            query = select(*(table.c[name] for name in names.split()))
            rows = [tuple(map(str, row)) for row in conn.execute(query)]
            if table is cases:
                # What was open once and is answered leaves no trace that depends on the order of arrival.
                rows = [row for row in rows if row[-1] == "True"]
            shown[table.name] = sorted(rows)
        return shown


def told(db: Database, key: str) -> set[str]:
    """The codes of an entry, as stations are told."""
    station, epoch, seq = key.split(":")
    query = select(outcomes).where(
        outcomes.c.station == station, outcomes.c.epoch == int(epoch), outcomes.c.seq == int(seq)
    )
    with db.read() as conn:
        row = conn.execute(query).one()
    return {*row.codes.split(), *(["over_limit"] if row.past_limit else [])}


def holder(db: Database, barcode: str) -> str | None:
    with db.read() as conn:
        row = conn.execute(select(holdings).where(holdings.c.barcode == barcode)).one()
    return row.patron


def positions(db: Database) -> list[tuple[int, str, str]]:
    with db.read() as conn:
        rows = conn.execute(select(feed.c.position, feed.c.kind, feed.c.key))
        return sorted((row.position, row.kind, row.key) for row in rows)


def open_cases(db: Database) -> list[tuple[str, list]]:
    with db.read() as conn:
        rows = conn.execute(select(cases.c.code, cases.c.about).where(cases.c.is_open))
        return sorted((row.code, json.loads(row.about)) for row in rows)
