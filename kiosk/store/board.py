"""What the store has for the board of the idle screen (see `kiosk/board.py`), with the line cut, too."""

from __future__ import annotations

from kiosk.activities import Activity
from kiosk.board import AHEAD_DAYS, LISTS, Pick, Posted
from kiosk.domain import Now
from kiosk.posts import BookList, Event, Notice, Suggested
from kiosk.screen import Found
from kiosk.store.posts import standing
from kiosk.store.search import found_by_id
from kiosk.store.tx import Tx

# Titles of a list that are looked up: the screen is drawn anew after every visit, and must not wait for it.
LOOKED_UP = 24


def read_board(tx: Tx, now: Now) -> Posted:
    """All that may stand on the board now; titles that the library does not hold are left out."""
    standing_lists = [post.body for post in standing(tx, BookList, now)]
    taught = [body for body in standing_lists if body.why != "new"][:LISTS]
    new = [body for body in standing_lists if body.why == "new"][:1]
    return Posted(
        notices=tuple(standing(tx, Notice, now)),
        events=tuple(standing(tx, Event, now, ahead_days=AHEAD_DAYS)),
        activities=tuple(standing(tx, Activity, now, ahead_days=AHEAD_DAYS)),
        lists=tuple(
            (body, picks) for body in (*taught, *new) if (picks := _picks(tx, body.titles))
        ),
    )


def _picks(tx: Tx, titles: tuple[Suggested, ...]) -> tuple[Pick, ...]:
    titles = titles[:LOOKED_UP]
    held = found_by_id(tx.conn, [one.title_id for one in titles])
    return tuple(
        _pick(held[one.title_id], one.why)
        for one in titles
        if one.title_id in held and held[one.title_id].copies
    )


def _pick(found: Found, why: str) -> Pick:
    book = found.book
    return Pick(
        title=book.title,
        author=book.author,
        class_number=book.class_number,
        shelf=book.shelf,
        pinyin=book.pinyin,
        free=found.available,
        why=why,
    )
