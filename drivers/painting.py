"""A camera's picture with what was found in it drawn on: outlines, texts, the region, a line of figures. PURE."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from drivers.decode import Decoded, Image

Colour = tuple[int, int, int]  # blue, green, red

LABEL: Colour = (0, 200, 0)
STRANGER: Colour = (0, 140, 255)
REGION: Colour = (255, 160, 0)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_LINE = 2
_LETTERS = 0.6


def painted(
    image: Image,
    labels: Iterable[Decoded],
    strangers: Iterable[Decoded],
    region: tuple[int, int, int, int] | None,
    figures: str,
) -> Image:
    """A coloured copy; `region` is left, top, width, height."""
    canvas = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image.copy()
    paper: Image = canvas.astype(np.uint8, copy=False)
    if region:
        left, top, width, height = region
        cv2.rectangle(paper, (left, top), (left + width, top + height), REGION, _LINE)
    for one in strangers:
        _outline(paper, one, STRANGER)
    for one in labels:
        _outline(paper, one, LABEL)
    _write(paper, figures, (8, paper.shape[0] - 10), WHITE)
    return paper


def _outline(paper: Image, one: Decoded, colour: Colour) -> None:
    if not one.corners:
        return
    corners = np.array(one.corners, np.int32)
    for line, width in ((BLACK, 3 * _LINE), (colour, _LINE)):
        cv2.polylines(paper, [corners], isClosed=True, color=line, thickness=width)
    left, top = corners.min(axis=0)
    # OpenCV draws ASCII only; the page has the text as it is.
    text = one.text.encode("ascii", "replace").decode("ascii").replace("\n", " ")
    _write(paper, f"{text} ({one.by})", (int(left), max(20, int(top) - 8)), colour)


def _write(paper: Image, text: str, at: tuple[int, int], colour: Colour) -> None:
    for line, width in ((BLACK, 3 * _LINE), (colour, _LINE)):
        cv2.putText(paper, text, at, cv2.FONT_HERSHEY_SIMPLEX, _LETTERS, line, width, cv2.LINE_AA)
