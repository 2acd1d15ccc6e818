"""A text as a QR code, drawn as inline SVG in the page's own ink."""

from __future__ import annotations

import io
from functools import lru_cache

import segno


@lru_cache(maxsize=16)
def qr_svg(text: str) -> str:
    """An <svg> element without sizes of its own; black on white whatever the colours of the page, as phones need it."""
    out = io.BytesIO()
    code = segno.make(text, error="l", micro=False, encoding="utf-8", boost_error=False)
    code.save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=4,
        dark="#000",
        light="#fff",
    )
    return out.getvalue().decode("ascii").strip()
