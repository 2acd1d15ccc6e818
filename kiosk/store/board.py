"""What the store has for the board and for a pupil's card (see `kiosk/board.py`), with the line cut, too."""

from __future__ import annotations

from kiosk.activities import Activity
from kiosk.board import AHEAD_DAYS, LISTS, Card, Pick, Posted, lists_for, recommended
from kiosk.domain import Now, Patron
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


def read_recommended(
    tx: Tx, patron: Patron, now: Now, *, never_lent: frozenset[str]
) -> Card | None:
    """A few books for this pupil to take from the shelf; none that they have at home. never_lent: types of copies."""
    lists = lists_for(patron, (post.body for post in standing(tx, BookList, now)))[:LISTS]
    at_home = {copy.title.id for _, copy in tx.loans_out(patron.id)} if lists else set()
    for body in lists:
        titles = tuple(one for one in body.titles if one.title_id not in at_home)
        card = recommended(body, _picks(tx, titles, never_lent), now.local.date())
        if card:
            return card
    return None


def _picks(
    tx: Tx, titles: tuple[Suggested, ...], never_lent: frozenset[str] = frozenset()
) -> tuple[Pick, ...]:
    titles = titles[:LOOKED_UP]
    held = found_by_id(tx.conn, [one.title_id for one in titles], never_lent)
    return tuple(
        _pick(found, one.why)
        for one in titles
        if (found := held.get(one.title_id)) and found.copies and not found.in_library_only
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
