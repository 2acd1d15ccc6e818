"""Faces laid out on sheets as one HTML file that needs nothing else: to be printed at actual size, without margins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from config.sheets import Sheet
from kiosk.sheets.lettering import LEADING

_STYLE = """
@page {{ size: {sheet.page_width}mm {sheet.page_height}mm; margin: 0 }}
* {{ box-sizing: border-box; margin: 0; padding: 0 }}
body {{ color: #000; background: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact;
  font-family: "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif }}
section {{ position: relative; overflow: hidden; break-inside: avoid;
  width: {sheet.page_width}mm; height: {sheet.page_height}mm }}
section + section {{ break-before: page }}
div {{ position: absolute; overflow: hidden; width: {sheet.label_width}mm; height: {sheet.label_height}mm }}
div.cut {{ outline: .15mm dashed #999 }}
p, svg, hr {{ position: absolute }}
svg {{ overflow: visible }}
p {{ white-space: nowrap; line-height: {leading} }}
hr {{ border: 0; border-top: .3mm solid #000 }}
.b {{ font-weight: 700 }} .c {{ text-align: center }} .r {{ text-align: right }}
.n {{ font-variant-numeric: tabular-nums; letter-spacing: .04em }}
.advice {{ position: static; padding: 1em; font-size: 16px; white-space: normal }}
@media screen {{ body {{ background: #ddd }} section {{ margin: 0 auto 8mm; background: #fff }} }}
@media print {{ .advice {{ display: none }} }}
"""


def document(
    faces: Sequence[str],
    sheet: Sheet,
    *,
    title: str,
    advice: str,
    start_at: int = 1,
    back: str = "",
    cut_out: bool = False,
) -> str:
    """The whole file. `start_at`: the first label that is still on the first sheet, counted from 1 row by row.

    `advice` is shown on screen only. With a `back`, a page of backs follows each page, for turning over its long edge.
    `cut_out`: with lines to cut along.
    """
    style = _STYLE.format(sheet=sheet, leading=LEADING)
    pages = "\n".join(_pages(faces, sheet, start_at, back, cut_out=cut_out))
    return (
        f'<!doctype html>\n<html lang="zh-Hans"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<style>{style}</style></head>\n<body><p class="advice">{escape(advice)}</p>\n{pages}\n</body></html>\n'
    )


def sheets_needed(count: int, sheet: Sheet, start_at: int = 1) -> int:
    return -(-(count + start_at - 1) // sheet.count)


def place(index: int, sheet: Sheet) -> tuple[float, float]:
    """Left and top in mm of a label of a sheet, counted from 0 row by row."""
    row, column = divmod(index, sheet.columns)
    left = sheet.margin_left + column * (sheet.label_width + sheet.gap_across)
    return left, sheet.margin_top + row * (sheet.label_height + sheet.gap_down)


def _pages(
    faces: Sequence[str], sheet: Sheet, start_at: int, back: str, *, cut_out: bool
) -> Iterator[str]:
    cut = ' class="cut"' if cut_out else ""
    numbered = enumerate(faces, start_at - 1)
    for _, group in groupby(numbered, key=lambda pair: pair[0] // sheet.count):
        front, behind = [], []
        for index, face in group:
            left, top = place(index % sheet.count, sheet)
            front.append(_div(left, top, cut, face))
            if back:
                mirrored = sheet.page_width - left - sheet.label_width
                behind.append(_div(mirrored, top, cut, back))
        yield f"<section>{''.join(front)}</section>"
        if back:
            yield f"<section>{''.join(behind)}</section>"


def _div(left: float, top: float, cut: str, face: str) -> str:
    return f'<div{cut} style="left:{left:.3f}mm;top:{top:.3f}mm">{face}</div>'
