"""The calls that stations make, over HTTP: read one message, act, answer with one message. docs/reconciliation.md.

Every refusal is a `Refusal` with a 4xx: what cannot be read changes nothing. 503 says that the record itself cannot
answer now; 500 that it failed on this very message, which the station then sends in smaller portions.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from sync.central import enrolment, snapshot
from sync.central.db import CentralError, Database, NoSuchSchool
from sync.central.enrolment import Refusing, Session, find_session
from sync.central.erased import without_erased
from sync.central.feed import Gone, read_page
from sync.central.ingest import anchor_of, move_watermark, note_incident, take_in
from sync.central.missing import read_missing
from sync.continuity import Diverged, Gap, Incident, texts_of
from sync.wire import (
    MAX_PACKED,
    MAX_UNPACKED,
    AskChunk,
    AskMissing,
    AskSnapshot,
    BadMessage,
    Enrol,
    Hello,
    Message,
    Pull,
    Push,
    Pushed,
    Refusal,
    read,
    write,
)

_log = structlog.get_logger()
# Below this an answer is not worth packing.
_PACK_FROM = 512
RETRY_S = 5


def blueprint(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The calls under /sync. now_ms: the central record's clock (UTC milliseconds)."""
    calls = Calls(db, now_ms)
    made = Blueprint("sync", __name__)
    for kind, answer in calls.table():
        made.add_url_rule(kind.path, kind.path[6:], _view(kind, answer), methods=["POST"])
    made.register_error_handler(Refusing, _refused)
    made.register_error_handler(CentralError, _cannot_now)
    made.register_error_handler(Exception, _failed)
    return made


def create_app(db: Database, now_ms: Callable[[], int]) -> Flask:
    """The central record as stations see it."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(db, now_ms))
    app.register_error_handler(HTTPException, _no_such_call)
    return app


class Calls:
    """What each call does; the message has been checked by then. Raises Refusing."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def table(self) -> list[tuple[Any, Callable[[Any], Message | bytes]]]:
        return [
            (Enrol, self.enrol),
            (Hello, self.hello),
            (Push, self.push),
            (Pull, self.pull),
            (AskSnapshot, self.snapshot),
            (AskChunk, self.chunk),
            (AskMissing, self.missing),
        ]

    def enrol(self, message: Enrol) -> Message:
        return enrolment.enrol(self._db, message, self._now_ms())

    def hello(self, message: Hello) -> Message:
        try:
            with self._db.begin(message.school) as conn:
                return enrolment.hello(conn, message, self._now_ms())
        except NoSuchSchool:
            raise enrolment.stranger() from None

    def push(self, message: Push) -> Message:
        pushed = self._taken_in(message)
        self._db.note_written("entries", len(message.entries))
        return pushed

    def _taken_in(self, message: Push) -> Pushed:
        now = self._now_ms()
        school = self._session(message.session).school
        # Read before anybody has to wait for it.
        texts = texts_of(message.entries, poison=message.poison)
        with self._db.begin(school) as conn:
            # Asked again under the lock: another exchange may have moved the watermark or closed the lineage.
            session = find_session(conn, message.session, now)
            lineage = session.lineage
            if not lineage.open:
                raise _refusal(409, "diverged", "this chain was found to diverge; say HELLO again")
            where = (school, lineage.station, lineage.epoch)
            told = take_in(
                conn,
                school,
                lineage,
                without_erased(conn, school, message.entries),
                now_ms=now,
                anchor=anchor_of(message.anchor, session.hello_ms),
                texts=texts,
            )
            match told:
                case Gap(expected):
                    words = f"the entry expected next is {expected}"
                    raise _refusal(409, "expected", words, expected=expected)
                case Diverged(seq):
                    enrolment.close_lineage(conn, session)
                    detail = f"entry {seq} is not the one that we hold, or does not follow it"
                    note_incident(conn, *where, Incident.DIVERGED.value, now, detail)
                case _:
                    move_watermark(conn, *where, durable=told.durable, head=told.head)
                    return Pushed(durable=told.durable, outcomes=list(told.answers))
        words = (
            f"entry {told.seq} is not the one that we hold, or does not follow it; say HELLO again"
        )
        raise _refusal(409, "diverged", words)

    def pull(self, message: Pull) -> Message:
        session = self._fed(message.session)
        try:
            with self._db.read() as conn:
                place = (session.school, session.lineage.station)
                return read_page(conn, *place, message.cursor, message.limit)
        except Gone:
            words = "changes since this cursor are no longer kept; take a snapshot"
            raise _refusal(410, "gone", words) from None

    def snapshot(self, message: AskSnapshot) -> Message:
        return snapshot.manifest(self._db, self._fed(message.session).school)

    def chunk(self, message: AskChunk) -> bytes:
        session = self._fed(message.session)
        with self._db.read() as conn:
            packed = snapshot.read_chunk(conn, session.school, message.hash)
        if packed is None:
            words = "this chunk is no longer kept; ask for the snapshot again"
            raise _refusal(404, "no_such_chunk", words)
        return packed

    def missing(self, message: AskMissing) -> Message:
        session = self._session(message.session)
        if session.lineage.revoked:
            raise enrolment.revoked()
        with self._db.read() as conn:
            return read_missing(conn, session, message.epoch, message.after_seq)

    def _session(self, secret: str) -> Session:
        with self._db.read() as conn:
            return find_session(conn, secret, self._now_ms())

    def _fed(self, secret: str) -> Session:
        """The session of a station that may hear of people."""
        session = self._session(secret)
        if session.lineage.revoked:
            raise enrolment.revoked()
        if session.lineage.parked:
            words = "another machine goes on as this station; staff have to say which one it is"
            raise _refusal(403, "parked", words)
        return session


def _refusal(status: int, error: Any, words: str, **more: Any) -> Refusing:
    return Refusing(status, Refusal(error=error, message=words, **more))


# The line.


def _view(kind: Any, answer: Callable[[Any], Message | bytes]) -> Callable[[], Response]:
    def view() -> Response:
        try:
            message = read(kind, _body())
        except BadMessage as error:
            field, _, _ = str(error).partition(": ")
            raise _refusal(400, "bad_message", str(error)[:500], field=field[:200]) from None
        told = answer(message)
        if isinstance(told, bytes):
            return _packed(told, "application/x-ndjson")
        return _respond(200, told)

    return view


def _body() -> bytes:
    """The message's bytes, unpacked. Never more than the limits are read or unpacked."""
    raw = request.stream.read(MAX_PACKED + 1)
    if len(raw) > MAX_PACKED:
        raise _too_large(f"a message has at most {MAX_PACKED} bytes")
    match request.headers.get("Content-Encoding", "identity").lower():
        case "identity":
            return raw
        case "gzip":
            return _unpack(raw)
        case _:
            raise _refusal(415, "bad_message", "Content-Encoding: only gzip is understood")


def _unpack(raw: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(raw, MAX_UNPACKED + 1)
    except zlib.error as error:
        raise _refusal(400, "bad_message", f"the whole: not gzip ({error})") from None
    if len(text) > MAX_UNPACKED:
        raise _too_large(f"a message has at most {MAX_UNPACKED} bytes when unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise _refusal(400, "bad_message", "the whole: the gzip stream is cut short or goes on")
    return text


def _too_large(words: str) -> Refusing:
    return _refusal(413, "too_large", words)


def _respond(status: int, message: Message) -> Response:
    text = write(message)
    if len(text) >= _PACK_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        return _packed(gzip.compress(text, compresslevel=4, mtime=0), "application/json", status)
    return Response(text, status, mimetype="application/json")


def _packed(packed: bytes, mimetype: str, status: int = 200) -> Response:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(gzip.decompress(packed), status, mimetype=mimetype)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(packed, status, headers, mimetype=mimetype)


def _refused(refusing: Refusing) -> Response:
    return _respond(refusing.status, refusing.refusal)


def _cannot_now(error: CentralError) -> Response:
    _log.error("cannot_answer", why=str(error))
    words = "the central record cannot answer now; try again later"
    answer = _respond(503, Refusal(error="busy", message=words))
    answer.headers["Retry-After"] = str(RETRY_S)
    return answer


def _failed(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _no_such_call(error)
    _log.error("call_failed", call=request.path, exc_info=error)
    words = "the central record failed on this message; it was written to its log"
    return _respond(500, Refusal(error="failed", message=words))


def _no_such_call(error: HTTPException) -> Response:
    if error.code == 413:
        return _refused(_too_large(f"a message has at most {MAX_PACKED} bytes"))
    if error.code not in (404, 405):
        words = f"the whole: {error.name}"
        return _respond(error.code or 400, Refusal(error="bad_message", message=words))
    words = "there is no such call; every call is a POST to /sync/..."
    return _respond(error.code, Refusal(error="unknown_call", message=words))
