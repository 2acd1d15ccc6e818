"""library.toml as frozen values: who may borrow what, when, for how long, and what the screen says about it. PURE.

The shape only. What the parts must not say to each other is in library_checks.py; the words on every key are in
library.toml itself.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from config.goals import Goals
from config.sheets import Cards, Labels
from config.table import Clock, Day, Key, Many, Table, Text
from config.voice import Sentences, Voice

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)
ActName = Literal["checkout", "checkin", "renewal", "use"]
CheckDigit = Literal["none", "mod10", "mod11", "mod16", "mod43"]
Symbology = Literal["Codabar", "Code 39", "Code 128", "EAN-13", "Interleaved 2 of 5", "QR Code"]
Grade = Annotated[int, Field(ge=0, le=20)]
Month = Annotated[int, Field(ge=1, le=12)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class Identity(Table):
    """[library]: the school library itself; `room` is where a station stands that names no room."""

    name: Text
    name_en: str = ""
    time_zone: str = "Asia/Shanghai"
    room: Key = "main"


class Room(Table):
    """sign_in: a card scanned at a station there signs its patron in to the room, and out again."""

    key: Key
    name: Text
    name_en: str = ""
    sign_in: bool = False


class Category(Table):
    """A kind of patron; `limit` is all copies on loan at once, whatever their type."""

    key: Key
    name: Text
    name_en: str = ""
    limit: Count
    type_number: bool = False


class CopyType(Table):
    key: Key
    name: Text
    name_en: str = ""


class LoanRule(Table):
    """How long categories may keep copy types. `limit` counts the loans that fall under this same rule."""

    categories: Annotated[Many[str], Field(min_length=1)]
    grades: Many[Grade] = ()
    copy_types: Annotated[Many[str], Field(min_length=1)]
    use: Literal["loan", "in_library"] = "loan"
    limit: Count | None = None
    days: Count = 0
    renewals: Count = 0
    renewal_days: Count | None = None
    hold_blocks_renewal: bool = True


class Overdue(Table):
    """From `block_from_count` loans more than `block_after_days` overdue, nothing more is lent or renewed."""

    block_after_days: Count = 0
    block_from_count: Annotated[int, Field(ge=1, le=10_000)] = 1


class HoldShelf(Table):
    """How many days a copy waits on the hold shelf for the patron it was set aside for."""

    days: Annotated[int, Field(ge=1, le=365)] = 7


class Term(Table):
    name: Text
    name_en: str = ""
    begins: Day
    ends: Day
    return_by: Day


class Window(Table):
    """A span of time on some weekdays; an empty list of rooms, categories or months means all of them."""

    name: Text
    name_en: str = ""
    days: Annotated[Many[Weekday], Field(min_length=1)]
    begins: Annotated[Clock, Field(alias="from")]
    ends: Annotated[Clock, Field(alias="to")]
    rooms: Many[str] = ()
    categories: Many[str] = ()
    acts: Annotated[Many[ActName], Field(min_length=1)] = ("checkout", "checkin", "renewal", "use")
    months: Many[Month] = ()
    first_day: Day | None = None
    last_day: Day | None = None


class Closure(Table):
    """Days on which the library is closed; `ends` None means the one day `begins`."""

    name: Text
    name_en: str = ""
    begins: Annotated[Day, Field(alias="from")]
    ends: Annotated[Day | None, Field(alias="to")] = None


class OpenDay(Table):
    """Days opened against a holiday or closure; `runs_as` is the weekday whose windows apply."""

    name: str = ""
    name_en: str = ""
    begins: Annotated[Day, Field(alias="from")]
    ends: Annotated[Day | None, Field(alias="to")] = None
    runs_as: Annotated[Weekday | None, Field(alias="as")] = None


class Holidays(Table):
    """Statutory days; `complete_until`: up to here exchanged days were checked and entered by hand."""

    country: str = "CN"
    enabled: bool = True
    warn_days: Count = 60
    complete_until: Day | None = None


class Commands(Table):
    """Barcodes on a printed sheet that act like buttons; "" means there is none."""

    finish: str = ""
    renew_all: str = ""
    language: str = ""


class Barcodes(Table):
    """What labels look like: in a shape '#' is a digit, '@' a letter, anything else itself."""

    card_shapes: Annotated[Many[Text], Field(alias="card", min_length=1)]
    copy_shapes: Annotated[Many[Text], Field(alias="copy", min_length=1)]
    card_check_digit: CheckDigit = "none"
    copy_check_digit: CheckDigit = "none"
    symbologies: Annotated[Many[Symbology], Field(min_length=1)] = get_args(Symbology)
    commands: Commands = Commands()

    @property
    def command_codes(self) -> dict[str, str]:
        """The barcode of each command by its name; "" where there is none."""
        return dict(self.commands)


class ScreenWords(Table):
    language: Literal["zh", "en"] = "zh"
    pinyin_up_to_grade: Count = 2
    speak_up_to_grade: Count = 2


class Quiet(Table):
    """A span in which the station makes no sound."""

    days: Annotated[Many[Weekday], Field(min_length=1)]
    begins: Annotated[Clock, Field(alias="from")]
    ends: Annotated[Clock, Field(alias="to")]


class Shelf(Table):
    """Where a returned copy goes, in words for a child; `key` is what the catalogue calls the shelf."""

    key: Text
    name: Text
    name_en: str = ""
    cart: str = ""
    cart_en: str = ""


class Messages(Table):
    idle: str = ""
    idle_en: str = ""


class Library(Table):
    """library.toml as a whole."""

    returns_any_time: bool = True
    library: Identity
    rooms: Annotated[Many[Room], Field(min_length=1)]
    categories: Annotated[Many[Category], Field(min_length=1)]
    copy_types: Annotated[Many[CopyType], Field(min_length=1)]
    loan_rules: Annotated[Many[LoanRule], Field(min_length=1)]
    overdue: Overdue = Overdue()
    hold_shelf: HoldShelf = HoldShelf()
    terms: Many[Term] = ()
    windows: Annotated[Many[Window], Field(min_length=1)]
    closures: Many[Closure] = ()
    open_days: Many[OpenDay] = ()
    holidays: Holidays = Holidays()
    barcodes: Barcodes
    labels: Labels = Labels()
    cards: Cards = Cards()
    screen: ScreenWords = ScreenWords()
    quiet: Many[Quiet] = ()
    shelves: Many[Shelf] = ()
    messages: Messages = Messages()
    goals: Goals = Goals()
    suggestions: Sentences = ()
    complaints: Sentences = ()

    @property
    def voice(self) -> Voice | None:
        """What readers can say at the station; None: they are not asked."""
        if not (self.suggestions or self.complaints):
            return None
        return Voice(suggestions=self.suggestions, complaints=self.complaints)
