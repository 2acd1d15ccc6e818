"""From the station's state to the Screen that is pushed: lines, counts, hours. PURE. No words: those are web_ui's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from config.library import WEEKDAYS
from kiosk.board import NOTHING, Board, Card, Posted, board, cards
from kiosk.calendar import Rules, closed_by, closes_at, opens_next, window_at
from kiosk.desk_values import Account
from kiosk.domain import Act, Copy, Loan, Note, Now, Reason, Receipt, Verdict
from kiosk.loan_rules import days_overdue
from kiosk.say_show import say_view
from kiosk.screen import (
    Book,
    Cue,
    FindView,
    Line,
    LineKind,
    OpenHours,
    Printed,
    RoomView,
    Screen,
    SlipView,
    Status,
    Touch,
    VisitView,
)
from kiosk.signs import Sign
from kiosk.visit import FIRST_BEFORE, State, Visit, avatar, offers

_KINDS = {
    Act.CHECKOUT: LineKind.LENT,
    Act.CHECKIN: LineKind.RETURNED,
    Act.RENEWAL: LineKind.RENEWED,
    Act.USE: LineKind.USED,
    Act.SCAN: LineKind.REFUSED,
    Act.VISIT: LineKind.REFUSED,
}


# So many loans leave room on every screen.
FEW_LOANS = 2


@dataclass(frozen=True, slots=True)
class Timing:
    """The countdown of the present page, in ms; None where nothing runs out."""

    ends_in_ms: int | None
    total_ms: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen needs beside state, rules and time."""

    account: Account | None
    find: FindView | None
    status: Status
    signs: tuple[Sign, ...]
    timing: Timing
    room: str
    printer: bool
    printed: Printed | None
    cue: Cue | None
    cue_n: int
    messages: tuple[str, ...] = ()
    posted: Posted = NOTHING


def screen_of(n: int, state: State, rules: Rules, now: Now, shown: Shown) -> Screen:
    """The whole touchscreen at this moment."""
    library = rules.library
    visit = None
    if state.visit:
        in_room = _in_room(state.visit, room_words(shown.room, rules, state.language), now)
        told = visit_view(state.visit, shown.account, rules, now, state.language)
        visit = replace(told, in_room=in_room)
    slip = (
        SlipView(state.visit.id, shown.printer, shown.printed)
        if state.visit and state.slip
        else None
    )
    message = library.messages.idle if state.language == "zh" else library.messages.idle_en
    messages = (*shown.messages, *([message] if message else []))
    return Screen(
        n=n,
        place=state.place,
        language=state.language,
        local=now.local,
        hours=hours(rules, now, shown.room, _category(state, rules), language=state.language),
        library=library.library.name,
        library_en=library.library.name_en or library.library.name,
        visit=visit,
        returns=tuple(_in_words(line, rules, state.language) for line in state.returns),
        notice=_in_words(state.notice, rules, state.language) if state.notice else None,
        find=shown.find,
        number=state.typed,
        number_allowed=number_allowed(rules),
        topic=state.topic,
        slip=slip,
        cue=None if quiet(rules, now.local) else shown.cue,
        cue_n=shown.cue_n,
        ends_in_ms=shown.timing.ends_in_ms,
        total_ms=shown.timing.total_ms,
        contrast=state.contrast,
        status=shown.status,
        signs=shown.signs,
        messages=messages,
        board=_board(state, rules, now, (shown.posted, messages)),
        say=say_view(state, library.voice) if state.telling and library.voice else None,
        # Without a central record nobody would ever read it.
        can_say=library.voice is not None and shown.status.online is not None,
    )


def _board(
    state: State, rules: Rules, now: Now, told: tuple[Posted, tuple[str, ...]]
) -> Board | None:
    """The card whose turn it is; without any post the messages stand there as they are."""
    posted, messages = told
    if posted == NOTHING:
        return None
    today = now.local.date() if now.sure else None
    made = cards(posted, messages, today, english=state.language == "en")
    standing = board(made, state.board.step_at(now.at_ms))
    if standing is None:
        return None
    return replace(standing, card=_shelved(standing.card, rules, state.language))


def _shelved(card: Card, rules: Rules, language: str) -> Card:
    """The card with its shelves as library.toml calls them."""
    books = (replace(one, shelf=shelf_words(one.shelf, rules, language)) for one in card.books)
    return replace(card, books=tuple(books))


def _category(state: State, rules: Rules) -> str:
    # With nobody at the screen the hours are those of the first category of library.toml: the school's pupils.
    return state.visit.patron.category if state.visit else rules.library.categories[0].key


def hours(rules: Rules, now: Now, room: str, category: str, *, language: str) -> OpenHours:
    """Is lending open to this category here and now, until when, and else when next?"""
    if not now.sure:
        return OpenHours(open=True, sure=False)
    if window_at(rules, Act.CHECKOUT, category, room, now.local):
        until = closes_at(rules, Act.CHECKOUT, category, room, now.local)
        left = -(-(until - now.local).total_seconds() // 60) if until else None
        return OpenHours(
            open=True, until=until, minutes_left=int(left) if left is not None else None
        )
    following = opens_next(rules, Act.CHECKOUT, category, room, now.local)
    closed = closed_by(rules, now.local.date())
    name = (
        (closed.name_en or closed.name) if closed and language == "en" else closed and closed.name
    )
    window = window_at(rules, Act.CHECKIN, category, room, now.local)
    returns = rules.library.returns_any_time or window is not None
    return OpenHours(open=False, next=following, closure=name or "", returns=returns)


def number_allowed(rules: Rules) -> bool:
    """Is there anybody who may type a number in place of scanning a card?"""
    return any(category.type_number for category in rules.library.categories)


def quiet(rules: Rules, local: datetime) -> bool:
    """Is this a time in which the station makes no sound?"""
    day = WEEKDAYS[local.weekday()]
    clock = local.time().replace(tzinfo=None)
    return any(day in q.days and q.begins <= clock < q.ends for q in rules.library.quiet)


def visit_view(
    visit: Visit, account: Account | None, rules: Rules, now: Now, language: str
) -> VisitView:
    """The patron's part of the screen: this visit's lines, then the loans from before."""
    assert account is not None, "a visit without its account"
    today = now.local.date()
    before = _loans_before(visit, account, today, sure=now.sure)
    lines = tuple(_in_words(line, rules, language) for line in (*visit.lines, *before))
    patron, words = account.patron, rules.library.screen
    return VisitView(
        id=visit.id,
        name=patron.name,
        class_name=patron.class_name,
        grade=patron.grade,
        avatar=avatar(patron.id),
        young=_up_to(words.pinyin_up_to_grade, patron.grade),
        speaks=_up_to(words.speak_up_to_grade, patron.grade),
        lines=lines,
        lent=sum(line.kind is LineKind.LENT for line in visit.lines),
        out=len(account.out),
        more=account.more,
        renewable=sum(Touch.RENEW in line.offers for line in before),
        expires_on=patron.expires_on,
        blocked=patron.blocked is not None,
        holds_ready=account.holds_ready,
        messages=account.messages,
        answers=account.answers,
        activities=visit.activities,
        term=account.term,
        recommended=_recommended(visit, before, account, (rules, language)),
    )


def _recommended(
    visit: Visit, before: tuple[Line, ...], account: Account, words: tuple[Rules, str]
) -> Card | None:
    """What is done with books goes first: only while nothing was scanned, and few loans stand there, none of them late.

    Nor is anything recommended to whoever may borrow nothing now, or has just come to sit down and read.
    """
    late = any(line.overdue_days for line in before)
    if visit.lines or visit.presence or late or len(before) > FEW_LOANS or not account.more:
        return None
    return visit.recommended and _shelved(visit.recommended, *words)


def _up_to(last: int, grade: int | None) -> bool:
    """Is it a pupil of this grade or a lower one?"""
    return grade is not None and grade <= last


def _in_room(visit: Visit, room: str, now: Now) -> RoomView | None:
    there = visit.presence
    if there is None:
        return None
    since = datetime.fromtimestamp(there.since_ms / 1000, now.local.tzinfo)
    minutes = max(0, (now.at_ms - there.since_ms) // 60_000)
    return RoomView(there.passage, room, since, minutes)


def _loans_before(visit: Visit, account: Account, today: date, *, sure: bool) -> tuple[Line, ...]:
    shown = {line.book.barcode for line in visit.lines}
    still = {
        loan.barcode: (loan, copy, verdict)
        for (loan, copy), verdict in zip(account.out, account.renewals, strict=True)
    }
    return tuple(
        _loan_line(FIRST_BEFORE + place, *still[barcode], today, sure=sure)
        for place, barcode in enumerate(visit.before)
        if barcode in still and barcode not in shown
    )


def _loan_line(
    number: int, loan: Loan, copy: Copy, renewal: Verdict, today: date, *, sure: bool
) -> Line:
    left = (loan.due_on - today).days if loan.due_on and sure else None
    latest = max(filter(None, (loan.due_on, loan.excused_on)), default=None)
    late = max(0, (today - latest).days) if latest and sure else 0
    return Line(
        id=number,
        kind=LineKind.LOAN,
        book=book_of(copy),
        reason=renewal.reason,
        due_on=loan.due_on,
        days=renewal.days if renewal.allowed else None,
        days_left=left,
        overdue_days=late,
        limit=renewal.limit,
        count=renewal.count,
        offers=(Touch.RENEW,) if renewal.allowed else (),
    )


def kept_line(loan: Loan, copy: Copy) -> Line:
    """A loan that was written just before the station stopped, so that nobody may have seen it on the screen."""
    kind = LineKind.LENT
    return Line(
        id=0,
        kind=kind,
        book=book_of(copy),
        due_on=loan.due_on,
        notes=(Note.KEPT,),
        offers=offers(kind, Reason.OK, own=False, others=False),
    )


def line_of(receipt: Receipt, *, own: bool = False, others: bool = False, today: date) -> Line:
    """What one act looks like on the screen. own, others: whose loan a returned copy was."""
    verdict = receipt.verdict
    kind = _KINDS[receipt.act] if verdict.allowed else LineKind.REFUSED
    # Whether it was late is the verdict's to say: a refused return is excused, an unsure clock knows nothing.
    was_late = receipt.loan is not None and Note.WAS_OVERDUE in verdict.notes
    late = days_overdue(receipt.loan, today) if was_late and receipt.loan else 0
    return Line(
        id=0,
        kind=kind,
        book=book_of(receipt.copy) if receipt.copy else Book(),
        reason=verdict.reason,
        due_on=verdict.due_on,
        days=verdict.days,
        opens_at=verdict.opens_at,
        limit=verdict.limit,
        count=verdict.count,
        overdue_days=late,
        notes=verdict.notes,
        offers=offers(kind, verdict.reason, own=own, others=others),
        proof=receipt.proof,
        entry=receipt.entry,
    )


def explained(
    reason: Reason,
    copy: Copy | None = None,
    *,
    text: str = "",
    offer: bool = False,
    typed: bool = False,
) -> Line:
    """A line, or a page, that explains a scan; with the one copy it can mean, or with what was read."""
    book = book_of(copy) if copy else Book(barcode=text)
    return Line(
        id=0,
        kind=LineKind.EXPLAINED,
        book=book,
        reason=reason,
        offers=(Touch.BORROW,) if offer and copy else (),
        typed=typed,
    )


def book_of(copy: Copy) -> Book:
    return Book(
        barcode=copy.barcode,
        title=copy.title.title,
        author=copy.title.author,
        class_number=copy.title.class_number,
        call_number=copy.call_number or copy.title.class_number,
        shelf=copy.shelf,
        pinyin=copy.title.pinyin,
    )


def _in_words(line: Line, rules: Rules, language: str) -> Line:
    words = cart_words if line.kind is LineKind.RETURNED else shelf_words
    shelf = words(line.book.shelf, rules, language)
    # Every line of the screen comes here after every scan, and a copy of it is dear.
    return line if shelf == line.book.shelf else replace(line, book=replace(line.book, shelf=shelf))


def room_words(key: str, rules: Rules, language: str) -> str:
    """What library.toml calls a room, in the screen's language."""
    room = next((room for room in rules.library.rooms if room.key == key), None)
    if room is None:
        return key
    return (room.name_en or room.name) if language == "en" else room.name


def shelf_words(key: str, rules: Rules, language: str) -> str:
    """What library.toml calls a shelf, in the screen's language; the catalogue's word where it says nothing."""
    shelf = next((shelf for shelf in rules.library.shelves if shelf.key == key), None)
    if shelf is None:
        return key
    return (shelf.name_en or shelf.name) if language == "en" else shelf.name


def cart_words(key: str, rules: Rules, language: str) -> str:
    """Where a returned copy is laid: the shelf's cart, or the shelf itself where it has none."""
    shelf = next((shelf for shelf in rules.library.shelves if shelf.key == key), None)
    cart = (shelf.cart_en or shelf.cart) if shelf and language == "en" else shelf and shelf.cart
    return cart or shelf_words(key, rules, language)
