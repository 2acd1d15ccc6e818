"""Who may speak as a station: one-time codes, tokens that change at each exchange, sessions, epochs.

Only the SHA-256 of a secret is kept. Everything here runs within the school's lock, and is done or not done as a whole.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select, update

from sync.central.db import CentralError, Database, insert_many
from sync.central.heartbeats import note_heartbeat
from sync.central.ingest import note_incident
from sync.central.schema import enrol_codes, lineages, schools, stations
from sync.continuity import GoOn, Incident, Lineage, NewEpoch, Refuse, TokenIs, judge_hello
from sync.events import DESK
from sync.wire import TAKEN_OUT, Enrol, Enrolled, Hello, Refusal, Rewind, Welcome

CODE_MS = 10 * 60_000
SESSION_MS = 10 * 60_000
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 8


class Refusing(Exception):
    """The call is answered with this refusal."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.status = status
        self.refusal = refusal


def stranger() -> Refusing:
    words = "this station is not known here; enrol it with a code from the central record"
    return Refusing(401, Refusal(error="unauthorised", message=words))


def revoked() -> Refusing:
    return Refusing(403, TAKEN_OUT)


@dataclass(frozen=True, slots=True)
class Session:
    """A station in the midst of an exchange. hello_ms: the time that HELLO told it."""

    school: str
    lineage: Lineage
    hello_ms: int | None


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


# One-time codes.


def add_station(conn: Connection, school: str, station: str, name: str, room: str = "") -> None:
    """Raises CentralError where the name is taken, or is the one that staff acts are written under."""
    if station == DESK:
        raise CentralError(f"{DESK!r} is where staff acts are written; choose another id")
    there = select(stations.c.id).where(stations.c.school == school, stations.c.id == station)
    if conn.execute(there).first():
        raise CentralError(
            f"there is a station {station!r} already; a new code for it: central station code {station}"
        )
    told: dict[str, Any] = {"school": school, "id": station, "name": name, "room": room}
    told |= {"revoked_ms": None, "software": "", "seen_ms": None, "health": "{}"}
    insert_many(conn, stations, [told])


def new_code(conn: Connection, school: str, station: str, now_ms: int) -> str:
    """A code by which one machine becomes this station, once, within 10 minutes."""
    row = conn.execute(_station(school, station)).first()
    if row is None:
        raise CentralError(f"there is no station {station!r}; see: central station list")
    if row.revoked_ms is not None:
        raise CentralError(f"the station {station!r} was revoked; add one under another id")
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    made = {"code": digest(code), "school": school, "station": station}
    insert_many(conn, enrol_codes, [{**made, "expires_ms": now_ms + CODE_MS, "used_ms": None}])
    return f"{code[:4]}-{code[4:]}"


def _station(school: str, station: str) -> Any:
    return select(stations).where(stations.c.school == school, stations.c.id == station)


def _plain_code(typed: str) -> str:
    """What was meant by a code that a person typed."""
    kept = "".join(c for c in typed.upper() if c.isalnum())
    return kept.replace("O", "0").replace("I", "1").replace("L", "1").replace("U", "V")


def enrol(db: Database, message: Enrol, now_ms: int) -> Enrolled:
    """Use a code up: the machine that shows it is the station from now on. Raises Refusing."""
    code = digest(_plain_code(message.code))
    with db.read() as conn:
        row = conn.execute(select(enrol_codes).where(enrol_codes.c.code == code)).first()
    if row is None:
        raise _bad_code()
    with db.begin(row.school) as conn:
        used = (
            update(enrol_codes)
            .where(
                enrol_codes.c.code == code,
                enrol_codes.c.used_ms.is_(None),
                enrol_codes.c.expires_ms > now_ms,
            )
            .values(used_ms=now_ms)
        )
        place = conn.execute(_station(row.school, row.station)).one()
        if conn.execute(used).rowcount != 1 or place.revoked_ms is not None:
            raise _bad_code()
        _close(conn, row.school, row.station, shut_out=True)
        epoch, token, _ = _begin_lineage(
            conn, row.school, row.station, message.hardware, now_ms, parked=False
        )
        zone = conn.execute(
            select(schools.c.time_zone).where(schools.c.id == row.school)
        ).scalar_one()
    return Enrolled(
        school=row.school,
        station=row.station,
        name=place.name,
        room=place.room,
        epoch=epoch,
        token=token,
        time_zone=zone,
    )


def _bad_code() -> Refusing:
    words = (
        "this code is not good (any more): a code is good once, for 10 minutes; ask for a new one"
    )
    return Refusing(403, Refusal(error="bad_code", message=words))


def _close(conn: Connection, school: str, station: str, *but: Any, shut_out: bool = False) -> None:
    """End the lineages of a station that are open; their sessions end too.

    shut_out: another machine is the station; one that comes with such a lineage is parked.
    """
    mine = (lineages.c.school == school, lineages.c.station == station, lineages.c.is_open)
    ended: dict[str, Any] = {"is_open": False, "session": None}
    conn.execute(
        update(lineages).where(*mine, *but).values(ended | ({"parked": True} if shut_out else {}))
    )


def _begin_lineage(
    conn: Connection,
    school: str,
    station: str,
    hardware: str,
    now_ms: int,
    *,
    parked: bool,
    from_epoch: int | None = None,
) -> tuple[int, str, str]:
    """Mint the next epoch: its number, its first token, and a session."""
    mine = (lineages.c.school == school, lineages.c.station == station)
    newest = conn.execute(select(func.max(lineages.c.epoch)).where(*mine)).scalar()
    epoch = (newest or 0) + 1
    secret, number, session = (secrets.token_urlsafe(24) for _ in range(3))
    token = f"{secret}.{number}"
    row = {"school": school, "station": station, "epoch": epoch, "durable": 0, "head": ""}
    row |= {"hardware": hardware, "is_open": True, "parked": parked, "from_epoch": from_epoch}
    row |= {"secret": digest(secret), "token": digest(token), "token_before": None}
    row |= {"session": digest(session), "session_until_ms": now_ms + SESSION_MS}
    insert_many(conn, lineages, [{**row, "hello_ms": None, "begun_ms": now_ms}])
    return epoch, token, session


# HELLO.


def hello(conn: Connection, message: Hello, now_ms: int) -> Welcome:
    """Judge what the station claims, and give it a session. Raises Refusing."""
    row = conn.execute(_lineage_rows(message.school, message.station, message.epoch)).first()
    lineage = _lineage(row) if row else None
    match judge_hello(message, lineage, _token_is(message.token, row)):
        case Refuse(error):
            raise revoked() if error == "revoked" else stranger()
        case NewEpoch() as answer:
            assert lineage is not None, "a station that is not known has been refused"
            return _rewind(conn, message, lineage, answer, now_ms)
        case GoOn():
            return _go_on(conn, message, row, now_ms)


def _lineage_rows(school: str, station: str, epoch: int) -> Any:
    return (
        select(lineages, stations.c.revoked_ms, stations.c.room)
        .join(stations, (stations.c.school == lineages.c.school) & (stations.c.id == lineages.c.station))
        .where(lineages.c.school == school, lineages.c.station == station, lineages.c.epoch == epoch)
    )  # fmt: skip


def _lineage(row: Any) -> Lineage:
    return Lineage(
        row.station,
        row.epoch,
        row.durable,
        row.head,
        row.hardware,
        open=row.is_open,
        parked=row.parked,
        revoked=row.revoked_ms is not None,
    )


def _token_is(token: str, row: Any) -> TokenIs:
    if row is None:
        return TokenIs.NEVER_GIVEN
    shown = digest(token)
    if shown == row.token:
        return TokenIs.CURRENT
    if shown == row.token_before:
        return TokenIs.PREVIOUS
    ours = digest(token.partition(".")[0]) == row.secret
    return TokenIs.OLD if ours else TokenIs.NEVER_GIVEN


def _go_on(conn: Connection, message: Hello, row: Any, now_ms: int) -> Welcome:
    secret = message.token.partition(".")[0]
    token, session = f"{secret}.{secrets.token_urlsafe(24)}", secrets.token_urlsafe(24)
    conn.execute(
        update(lineages)
        .where(*_one(message.school, message.station, message.epoch))
        .values(
            # The one that was shown is good once more: this reply may be lost.
            token_before=digest(message.token),
            token=digest(token),
            session=digest(session),
            session_until_ms=now_ms + SESSION_MS,
            hello_ms=now_ms,
            hardware=message.hardware,
        )
    )
    _seen(conn, message, now_ms)
    if not row.parked:
        note_heartbeat(conn, message, now_ms)
    return Welcome(
        session=session,
        token=token,
        server_ms=now_ms,
        durable=row.durable,
        durable_hash=row.head,
        parked=row.parked,
        revoked=row.revoked_ms is not None,
        # Only a station that tells where it stands knows what to do with another answer.
        room=row.room if message.health.get("room", row.room) != row.room else None,
    )


def _one(school: str, station: str, epoch: int) -> tuple[Any, ...]:
    return (
        lineages.c.school == school,
        lineages.c.station == station,
        lineages.c.epoch == epoch,
    )


def _seen(conn: Connection, message: Hello, now_ms: int) -> None:
    health = json.dumps(message.health, ensure_ascii=False, sort_keys=True)
    conn.execute(
        update(stations)
        .where(stations.c.school == message.school, stations.c.id == message.station)
        .values(software=message.software, seen_ms=now_ms, health=health)
    )


def _rewind(
    conn: Connection, message: Hello, lineage: Lineage, answer: NewEpoch, now_ms: int
) -> Welcome:
    """Give the lineage a new epoch. Where the reply with one was lost, that one was never used, and makes room."""
    place = (message.school, message.station)
    again = (
        lineages.c.from_epoch == message.epoch,
        lineages.c.hardware == message.hardware,
        lineages.c.hello_ms.is_(None),
        lineages.c.is_open,
    )
    unused = select(lineages.c.epoch).where(
        lineages.c.school == place[0], lineages.c.station == place[1], *again
    )
    lost = conn.execute(unused).first() is not None
    if answer.incident is Incident.CLONE:
        # The machine that the lineage belongs to goes on; only what this one was given before is closed.
        _close(conn, *place, *again)
    else:
        _close(conn, *place, lineages.c.hardware.in_((message.hardware, "")))
    epoch, token, session = _begin_lineage(
        conn, *place, message.hardware, now_ms, parked=answer.parked, from_epoch=message.epoch
    )
    if not lost:
        detail = (
            f"it came with {message.last_seq} entries of epoch {message.epoch}, of which we hold {lineage.durable};"
            f" it goes on in epoch {epoch}" + (", parked" if answer.parked else "")
        )
        note_incident(conn, *place, epoch, answer.incident.value, now_ms, detail)
    _seen(conn, message, now_ms)
    return Welcome(
        session=session,
        token=token,
        server_ms=now_ms,
        durable=lineage.durable,
        durable_hash=lineage.head,
        parked=answer.parked,
        rewind=Rewind(epoch=epoch, token=token, from_epoch=message.epoch, durable=lineage.durable),
    )


# Sessions.


def find_session(conn: Connection, session: str, now_ms: int) -> Session:
    """Whose session this is. Raises Refusing where it is over or was never given."""
    row = conn.execute(
        select(lineages, stations.c.revoked_ms)
        .join(stations, (stations.c.school == lineages.c.school) & (stations.c.id == lineages.c.station))
        .where(lineages.c.session == digest(session))
    ).first()  # fmt: skip
    if row is None or row.session_until_ms is None or row.session_until_ms <= now_ms:
        raise Refusing(
            401, Refusal(error="unauthorised", message="this session is over; say HELLO again")
        )
    return Session(row.school, _lineage(row), row.hello_ms)


def close_lineage(conn: Connection, session: Session) -> None:
    """The chain does not go on from here: the next HELLO is answered with a new epoch."""
    place = (session.school, session.lineage.station, session.lineage.epoch)
    conn.execute(update(lineages).where(*_one(*place)).values(is_open=False))


def revoke(conn: Connection, school: str, station: str, now_ms: int) -> None:
    """Serve this station nothing any more; it wipes its cached patrons when it next comes."""
    changed = update(stations).where(stations.c.school == school, stations.c.id == station)
    if conn.execute(changed.values(revoked_ms=now_ms)).rowcount != 1:
        raise CentralError(f"there is no station {station!r}; see: central station list")
    note_incident(conn, school, station, 0, Incident.REVOKED.value, now_ms, "by staff")


def unpark(conn: Connection, school: str, station: str, epoch: int) -> None:
    """The disk of this lineage is the station; the others of that name are closed."""
    found = conn.execute(_lineage_rows(school, station, epoch)).first()
    if found is None or not found.parked or not found.is_open:
        raise CentralError(f"{station} has no parked epoch {epoch}; see: central station list")
    _close(conn, school, station, lineages.c.epoch != epoch, shut_out=True)
    conn.execute(update(lineages).where(*_one(school, station, epoch)).values(parked=False))
