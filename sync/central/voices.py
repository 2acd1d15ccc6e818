"""What readers said, for whoever answers: lists, answers, wishes for books, and questionnaires with their results.

Writing is done under the school's lock. What the entries made of a voice is never changed here, only what staff do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update

from kiosk.posts import Post
from kiosk.saying import NOTHING_SAID, Saying, Words, read
from kiosk.voice_posts import Answer, Questionnaire
from sync.central.db import CentralError, one_of
from sync.central.desk import Desk
from sync.central.hearing import erase_words
from sync.central.post_tables import posts
from sync.central.posts import end, new_id, put, read_posts, withdraw
from sync.central.read import time_zone
from sync.central.reports.whose import whose
from sync.central.schema import patrons, voices

NEW, LOOKING, ANSWERED, SEEN = "new", "looking", "answered", "seen"
STATES = (NEW, LOOKING, ANSWERED, SEEN)
KINDS = (Saying.COMPLAINT, Saying.SUGGESTION, Saying.PURCHASE, Saying.ANSWERS)
PAGE = 50
MOST_COUNTED = 20_000
ANSWER_DAYS = 60
LONGEST = 500
_OPEN = (NEW, LOOKING)


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice. patron, name, class_name "": nobody, or nobody any more; erased: its words are gone."""

    id: str
    kind: str
    at_ms: int
    words: Words
    erased: bool
    state: str
    state_ms: int | None
    answer: str
    read_ms: int | None
    post: str
    public_post: str
    patron: str = ""
    name: str = ""
    class_name: str = ""


def page(
    conn: Connection, school: str, kind: str, state: str = "", after: str = ""
) -> tuple[list[Voice], str]:
    """A page of one kind (and one state), the newest first, and after which voice the next begins ("": none does).

    The place is told by the voice alone: its moment, in an address, would say what it came between.
    """
    mine = [voices.c.school == school, voices.c.kind == kind]
    if state:
        mine.append(voices.c.state == state)
    if after:
        of = (voices.c.school == school, voices.c.id == after)
        at_ms = conn.execute(select(voices.c.at_ms).where(*of)).scalar() or 0
        mine.append(tuple_(voices.c.at_ms, voices.c.id) < tuple_(at_ms, after))
    query = select(voices).where(*mine).order_by(voices.c.at_ms.desc(), voices.c.id.desc())
    rows = conn.execute(query.limit(PAGE + 1)).all()
    found = named_voices(conn, school, rows[:PAGE])
    return found, found[-1].id if len(rows) > PAGE else ""


def one(conn: Connection, school: str, name: str) -> Voice:
    """This voice. Raises CentralError where there is none."""
    query = select(voices).where(voices.c.school == school, voices.c.id == name)
    found = named_voices(conn, school, conn.execute(query).all())
    if not found:
        raise CentralError(f"nobody said {name}")
    return found[0]


def every(conn: Connection, school: str, kind: str) -> Iterator[Voice]:
    """All of a kind, the newest first, a page at a time."""
    after = ""
    while True:
        found, after = page(conn, school, kind, "", after)
        yield from found
        if not after:
            return


def count_waiting(conn: Connection, school: str, most: int) -> int:
    """Complaints that nobody has answered, `most` at most."""
    some = (
        select(voices.c.id)
        .where(
            voices.c.school == school,
            voices.c.kind == Saying.COMPLAINT.value,
            voices.c.state.in_(_OPEN),
        )
        .limit(most)
        .subquery()
    )
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def named_voices(conn: Connection, school: str, rows: Sequence[Any]) -> list[Voice]:
    """Rows of voices with whoever said them, as they are called now."""
    ids = {row.patron for row in rows if row.patron}
    merged = whose(conn, school, ids) if ids else {}
    known = {merged.get(i, i) for i in ids}
    query = select(patrons.c.id, patrons.c.name, patrons.c.class_name).where(
        patrons.c.school == school, one_of(conn, patrons.c.id, sorted(known))
    )
    people = {p.id: p for p in conn.execute(query)} if known else {}
    found = []
    for row in rows:
        person = people.get(merged.get(row.patron, row.patron)) if row.patron else None
        words = read(row.said) if row.said else None
        told = (person.id, person.name, person.class_name) if person else ("", "", "")
        found.append(
            Voice(
                row.id, row.kind, row.at_ms, words or NOTHING_SAID, words is None, row.state,
                row.state_ms, row.answer, row.read_ms, row.post, row.public_post, *told,
            )
        )  # fmt: skip
    return found


# What staff do.


def set_state(desk: Desk, name: str, state: str) -> None:
    """Say where it stands. Raises CentralError for a state that there is not."""
    if state not in STATES:
        raise CentralError(f"there is no state {state!r}; use one of {', '.join(STATES)}")
    one(desk.conn, desk.school, name)
    _change(desk, name, state=state)


def answer(
    desk: Desk, name: str, text: str, *, to_reader: bool, to_all: bool, asked: str = ""
) -> None:
    """Answer to whoever said it, at the next visit, or to everybody, or both. Raises CentralError."""
    text, asked = " ".join(text.split()), " ".join(asked.split())
    if not 0 < len(text) <= LONGEST or len(asked) > LONGEST:
        raise CentralError(f"an answer has 1 to {LONGEST} characters")
    about = one(desk.conn, desk.school, name)
    if to_reader and not about.patron:
        raise CentralError("nobody is named to whom it could be told; answer to everybody")
    if not (to_reader or to_all):
        raise CentralError(
            "say to whom the answer is told: to the reader, to everybody, or to both"
        )
    withdraw(desk, [p for p in (about.post, about.public_post) if p])
    until = _today(desk) + timedelta(days=ANSWER_DAYS)
    own = Post(new_id(), Answer(text=text), _today(desk), until, about.patron, on_page=False)
    public = Post(new_id(), Answer(text=text, asked=asked), _today(desk), until)
    put(desk, [post for post, told in ((own, to_reader), (public, to_all)) if told])
    told = {"post": own.id if to_reader else "", "public_post": public.id if to_all else ""}
    _change(desk, name, state=ANSWERED, answer=text, read_ms=None, **told)


def erase_voice(desk: Desk, name: str) -> None:
    """Its words go from the record and the stations, and whoever said it; what was answered to the reader, too."""
    about = one(desk.conn, desk.school, name)
    withdraw(desk, [about.post] if about.post else [])
    erase_words(desk.conn, desk.school, name, desk.now_ms)
    _change(desk, name, state=SEEN, post="")


def _change(desk: Desk, name: str, **values: Any) -> None:
    mine = (voices.c.school == desk.school, voices.c.id == name)
    told = {"state_ms": desk.now_ms, "staff": desk.staff or "", **values}
    desk.conn.execute(update(voices).where(*mine).values(**told))


def _today(desk: Desk) -> date:
    zone = time_zone(desk.conn, desk.school)
    return datetime.fromtimestamp(desk.now_ms / 1000, zone).date()


# Questionnaires.


def questionnaires(conn: Connection, school: str) -> list[Post[Questionnaire]]:
    """Those of late, the last to end first."""
    query = (
        select(posts.c.id)
        .where(
            posts.c.school == school,
            posts.c.kind == Questionnaire.kind,
            posts.c.patron_id == "",
        )
        .order_by(posts.c.until_on.desc(), posts.c.id.desc())
        .limit(PAGE)
    )
    ids = list(conn.execute(query).scalars())
    found = read_posts(conn, school, Questionnaire, ids)
    return [found[name] for name in ids]


def ask(desk: Desk, form: Questionnaire, from_on: date, until_on: date) -> str:
    """Put a questionnaire up; its id. Raises CentralError with what is missing."""
    if not form.title or not form.questions:
        raise CentralError("a questionnaire has a title and one question at least")
    if any(q.kind == "choice" and len(q.choices) < 2 for q in form.questions):
        raise CentralError("a question to choose from has two choices at least")
    name = new_id()
    put(desk, [Post(name, form, from_on, until_on, on_page=False)])
    return name


def stop_asking(desk: Desk, name: str) -> None:
    """It is not asked any more from tomorrow on."""
    end(desk, [name], _today(desk))


@dataclass(frozen=True, slots=True)
class Results:
    """What was answered. counts: for each question, how often each star or choice; texts: what was written."""

    form: Post[Questionnaire]
    answered: int
    erased: int
    counts: tuple[Counter[int], ...]
    texts: tuple[tuple[str, ...], ...]


def results(conn: Connection, school: str, name: str) -> Results:
    """Every answer counted. Raises CentralError where there is no such questionnaire."""
    form = read_posts(conn, school, Questionnaire, [name]).get(name)
    if form is None:
        raise CentralError(f"there is no questionnaire {name}")
    query = (
        select(voices.c.said)
        .where(voices.c.school == school, voices.c.form == name)
        .order_by(voices.c.at_ms.desc(), voices.c.id.desc())
        .limit(MOST_COUNTED)
    )
    told = [read(said) for said in conn.execute(query).scalars()]
    counts: list[Counter[int]] = [Counter() for _ in form.body.questions]
    texts: list[list[str]] = [[] for _ in form.body.questions]
    for words in told:
        for at, value in dict(words.answers if words else ()).items():
            if at < len(counts) and isinstance(value, int):
                counts[at][value] += 1
            elif at < len(texts) and isinstance(value, str):
                texts[at].append(value)
    return Results(form, len(told), told.count(None), tuple(counts), tuple(map(tuple, texts)))
