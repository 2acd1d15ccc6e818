"""What stands where on a barcode label, a spine label and a card: HTML in millimetres, or why it is left out.

Every text is reckoned to fit and escaped here; nothing else writes into a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from config.sheets import Cards, Labels, Sheet
from kiosk.errors import SheetError
from kiosk.sheets.codes import Box, Codes
from kiosk.sheets.lettering import LEADING, Lettering, em, fitted
from kiosk.sheets.values import CardText, LabelText, LeftOut

Face = str | LeftOut

LABEL_PAD_MM, SPINE_PAD_MM, CARD_PAD_MM = 2.0, 1.5, 4.5
LIBRARY_MM, TITLE_MM, NUMBER_MM = 2.4, 3.2, 3.4
BARS_LEAST_MM, BARS_MOST_MM = 6.0, 14.0
# A call number is broken before these: I247 .5
_PARTS = re.compile(r"[^.\-:(=+]+|[.\-:(=+][^.\-:(=+]*")
_BOLD = "b"


def label_face(settings: Labels) -> Callable[[LabelText], Face]:
    """Library, title, bars, number and call number. Raises SheetError for labels that are too low for bars."""
    box = _inner(settings.sheet, LABEL_PAD_MM)
    library_rows, title_rows, height = _label_rows(box.height)
    codes = Codes(settings, "labels")

    def face(text: LabelText) -> Face:
        foot = box.top + box.height - NUMBER_MM * LEADING
        drawn = codes.drawn(
            text.barcode, str(text), Box(box.left, foot - height, box.width, height)
        )
        if isinstance(drawn, LeftOut):
            return drawn
        top = box.top
        if library_rows:
            drawn += _line(text.library, box, top, LIBRARY_MM, smallest=1.8)
            top += LIBRARY_MM * LEADING
        room = title_rows * TITLE_MM * LEADING
        if title_rows:
            title = fitted(text.title, box.width, room, largest=TITLE_MM, smallest=2.6)
            drawn += _paragraph(title, box.left, top, box.width, _BOLD)
        return drawn + _numbers(text, box, foot)

    return face


def spine_face(settings: Labels) -> Callable[[LabelText], Face]:
    """The call number, a line for each of its parts, under the name of the library if that fits."""
    box = _inner(settings.spine, SPINE_PAD_MM)

    def face(text: LabelText) -> Face:
        if not text.call_number:
            return LeftOut(str(text), "no call number", "enter it in the catalogue, and import it")
        head = fitted(text.library, box.width, 2.6, largest=2.0, smallest=1.6)
        above = 0.0 if head.cut else head.height_mm
        lines = _call_lines(text.call_number, box.width, box.height - above)
        if lines is None:
            remedy = "use larger labels (labels.spine in library.toml), or shorten it"
            return LeftOut(str(text), "the call number does not fit the spine label", remedy)
        top = box.top + above + (box.height - above - lines.height_mm) / 2
        shown = "" if head.cut else _paragraph(head, box.left, box.top, box.width, "c")
        return shown + _paragraph(lines, box.left, top, box.width, "c b")

    return face


def card_face(settings: Cards) -> Callable[[CardText], Face]:
    """School, name, class, bars and number. Raises SheetError for cards that are too small."""
    box = _inner(settings.sheet, CARD_PAD_MM)
    if box.width < 45 or box.height < 36:
        raise SheetError(
            "cards need at least 54 x 45 mm; write a larger cards.sheet in library.toml"
        )
    codes = Codes(settings, "cards")
    foot = box.top + box.height - 4.2
    height = min(11.0, box.height - 33)
    code_box = Box(box.left, foot - height, box.width, height)

    def face(text: CardText) -> Face:
        drawn = codes.drawn(text.number, str(text), code_box)
        if isinstance(drawn, LeftOut):
            return drawn
        drawn += _card_head(text, box)
        top = box.top + 8.2
        if text.pinyin:
            drawn += _line(text.pinyin, box, top, 2.8, smallest=1.8)
        top += 3.6 if text.pinyin else 1.0
        room = foot - height - 7.2 - top
        name = fitted(text.name, box.width, room, largest=min(8.0, room / LEADING), smallest=2.4)
        drawn += _paragraph(name, box.left, top, box.width, _BOLD)
        drawn += _line(text.class_name, box, foot - height - 6.6, 3.8, smallest=2.2)
        room = codes.bars_width(code_box)
        number = fitted(text.number, room, 4.2, largest=3.2, smallest=2.0)
        return drawn + _paragraph(number, box.left, foot + 0.2, room, "c n")

    return face


def card_back(settings: Cards, library: str) -> str:
    """The same for all. Raises SheetError if its lines do not fit."""
    box = _inner(settings.sheet, CARD_PAD_MM)
    if not settings.back:
        raise SheetError("cards.back in library.toml is empty; write the lines of the back there")
    head = fitted(library, box.width, 6, largest=4.0, smallest=2.2)
    room = (box.height - 8) / len(settings.back)
    lines = [fitted(line, box.width, room, largest=3.6, smallest=2.2) for line in settings.back]
    if room < 2.2 * LEADING or any(line.cut for line in lines):
        raise SheetError("the lines of cards.back in library.toml do not fit a card; shorten them")
    drawn = _paragraph(head, box.left, box.top, box.width, "c b")
    step = min(room, max(line.height_mm for line in lines) + 1.5)
    top = box.top + 8 + (box.height - 8 - step * len(lines)) / 2
    for n, line in enumerate(lines):
        drawn += _paragraph(line, box.left, top + n * step, box.width, "c")
    return drawn


def _inner(sheet: Sheet, pad: float) -> Box:
    return Box(pad, pad, sheet.label_width - 2 * pad, sheet.label_height - 2 * pad)


def _label_rows(height: float) -> tuple[int, int, float]:
    """Lines for the library and for the title, and how high the bars may be."""
    for library, title in ((1, 2), (1, 1), (0, 1), (0, 0)):
        texts = library * LIBRARY_MM + title * TITLE_MM + NUMBER_MM
        left = height - texts * LEADING - 0.6
        if left >= BARS_LEAST_MM:
            return library, title, min(left, BARS_MOST_MM)
    raise SheetError(
        "these labels are too low for bars and a number; labels.sheet.label_height in library.toml "
        "must be 15 or more"
    )


def _numbers(text: LabelText, box: Box, top: float) -> str:
    """The number at the left; at the right the call number, if it fits beside."""
    number = fitted(text.barcode, box.width, NUMBER_MM * LEADING, largest=NUMBER_MM, smallest=1.8)
    left = max((em(line) * number.size_mm for line in number.lines), default=0) + 2
    drawn = _paragraph(number, box.left, top, box.width, "n")
    if text.call_number and box.width - left > 8:
        room = box.width - left
        call = fitted(text.call_number, room, NUMBER_MM * LEADING, largest=NUMBER_MM, smallest=2.2)
        drawn += "" if call.cut else _paragraph(call, box.left + left, top, room, "r b")
    return drawn


def _call_lines(call_number: str, width: float, height: float) -> Lettering | None:
    """Whole parts (class number, author mark, volume) as large as they may be; then broken; None if too long."""
    parts = [part for part in re.split(r"[/\s]+", call_number) if part]
    for largest, smallest, broken in ((6.4, 3.6, False), (4.4, 2.4, True)):
        size = largest
        while size > smallest - 1e-9:
            ems = width / size
            lines = [line for part in parts for line in (_broken(part, ems) if broken else (part,))]
            if max(map(em, lines)) <= ems and len(lines) * size * LEADING <= height:
                return Lettering(tuple(lines), size)
            size = round(size - 0.2, 3)
    return None


def _broken(part: str, ems: float) -> list[str]:
    lines = [""]
    for piece in _PARTS.findall(part):
        if lines[-1] and em(lines[-1] + piece) > ems:
            lines.append("")
        lines[-1] += piece
    return lines


def _card_head(text: CardText, box: Box) -> str:
    heading = fitted(text.heading, box.width * 0.35, 5, largest=3.2, smallest=2.0)
    room = box.width - em(text.heading) * heading.size_mm - 3
    library = fitted(text.library, room, 6, largest=3.8, smallest=2.0)
    rule = f'<hr style="left:{box.left}mm;top:{box.top + 6.6:.2f}mm;width:{box.width:.2f}mm">'
    return (
        _paragraph(library, box.left, box.top, room, _BOLD)
        + _paragraph(heading, box.left, box.top, box.width, "r")
        + rule
    )


def _line(text: str, box: Box, top: float, size: float, *, smallest: float) -> str:
    """One line over the whole width."""
    found = fitted(text, box.width, size * LEADING, largest=size, smallest=smallest)
    return _paragraph(Lettering(found.lines[:1], found.size_mm), box.left, top, box.width, "")


def _paragraph(text: Lettering, left: float, top: float, width: float, look: str) -> str:
    """`look`: b bold, c centred, r at the right, n figures of one width."""
    if not text.lines:
        return ""
    words = "<br>".join(map(escape, text.lines))
    style = f"left:{left:.2f}mm;top:{top:.2f}mm;width:{width:.2f}mm;font-size:{text.size_mm:.2f}mm"
    return f'<p class="{look}" style="{style}">{words}</p>'
