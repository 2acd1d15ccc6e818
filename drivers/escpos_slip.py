"""A slip as the bytes of an ESC/POS printer: python-escpos knows the commands, slip.py the columns."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any, Literal

from drivers.slip import Look, Slip, rows

Cut = Literal["full", "partial", "none"]


@dataclass(frozen=True, slots=True)
class PaperForm:
    """What the printer draws on. code_page: -1 sends none; feed: empty lines that bring the slip past the cutter."""

    columns: int = 48
    encoding: str = "gb18030"
    code_page: int = -1
    cut: Cut = "partial"
    feed: int = 5
    qr: bool = True


_LOOKS: dict[Look, dict[str, object]] = {
    Look.TITLE: {"align": "center", "bold": True, "custom_size": True, "width": 1, "height": 2},
    Look.CENTRE: {"align": "center"},
    Look.HEAD: {"bold": True},
    Look.PLAIN: {},
}
_USUAL: dict[str, object] = {
    "align": "left",
    "bold": False,
    "custom_size": True,
    "width": 1,
    "height": 1,
}
_CHINESE_ON = b"\x1c&"  # FS &: double-byte characters
# The printer's dots a QR module; the longest slip has 85 modules, and 32 columns are 384 dots.
_MODULE_DOTS = {32: 4, 42: 5, 48: 6}


def slip_bytes(slip: Slip, form: PaperForm) -> bytes:
    """Everything to send, from the reset to the cut."""
    sheet, commands = _sheet()
    sheet.hw("INIT")
    if form.code_page >= 0:
        sheet._raw(commands.CODEPAGE_CHANGE + bytes((form.code_page,)))
    sheet._raw(_CHINESE_ON)
    worn: Look | None = None
    for look, row in rows(slip, form.columns, form.encoding):
        if look is not worn:
            sheet.set(**{**_USUAL, **_LOOKS[look]})
            worn = look
        # Not text(): that looks for code pages, and knows none of the Chinese ones.
        sheet._raw(row.encode(form.encoding, "replace") + commands.CTL_LF)
    if slip.code and form.qr:
        sheet.set(**{**_USUAL, "align": "center"})
        sheet._raw(commands.CTL_LF)
        sheet.qr(slip.code, native=True, size=_MODULE_DOTS[form.columns])
    sheet.print_and_feed(form.feed)
    if form.cut != "none":
        full = form.cut == "full"
        sheet._raw(commands.PAPER_FULL_CUT if full else commands.PAPER_PART_CUT)
    return bytes(sheet.output)


def _sheet() -> tuple[Any, Any]:
    """A printer that only keeps its bytes. Loaded at the first slip: it takes most of a second."""
    from escpos import capabilities, constants
    from escpos.printer import Dummy

    # It leaves a folder of its own in the temporary files at each start; everything in it is in memory by now.
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return Dummy(), constants
