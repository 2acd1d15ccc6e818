"""Pictures of a report's figures as SVG: bars and lines, with the goal as a line across.

Colours and sizes of letters are the style sheet's (classes), so that nothing here needs a policy of its own, and paper
has its own. The table beside a picture says the same in numbers; the picture has a name and a description all the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 760
_LABEL = 200
_VALUE = 70
_ROW = 26
_LINE_HEIGHT = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 22, 30
# Letters that a label of a bar has room for; a Chinese one takes two places.
_LETTERS = 26
_TICKS = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, in words already. id: of this picture on its page. points: label, value, and the value as told.

    goal: where the line is, and what it is called.
    """

    id: str
    title: str
    description: str
    points: Sequence[tuple[str, float | None, str]]
    goal: tuple[float, str] | None = None


def bars(picture: Picture) -> str:
    """A bar a value, one below the other, so that a label may be long."""
    top = 20 if picture.goal else 4
    height = top + _ROW * len(picture.points) + 6
    across = _WIDTH - _LABEL - _VALUE
    scale = across / _highest(picture)
    drawn = []
    for n, (label, value, told) in enumerate(picture.points):
        y = top + n * _ROW
        below = picture.goal is not None and (value or 0) < picture.goal[0]
        length = round((value or 0) * scale, 1)
        kind = "bar below" if below else "bar"
        drawn.append(
            f'<text class="label" x="{_LABEL - 8}" y="{y + 17}" text-anchor="end">{escape(_cut(label))}</text>'
            f'<rect class="{kind}" x="{_LABEL}" y="{y + 4}" width="{length}" height="17" rx="3"/>'
            f'<text class="value" x="{_LABEL + length + 6}" y="{y + 17}">{escape(told)}</text>'
        )
    if picture.goal:
        x = round(_LABEL + picture.goal[0] * scale, 1)
        drawn.append(
            f'<line class="goal" x1="{x}" y1="{top - 2}" x2="{x}" y2="{height - 4}"/>'
            f'<text class="goal-name" x="{x}" y="13" text-anchor="middle">{escape(picture.goal[1])}</text>'
        )
    return _framed(picture, height, drawn)


def line(picture: Picture) -> str:
    """Values in the order of time, joined; where there is no value the line is broken."""
    highest = _highest(picture)
    inner_w, inner_h = _WIDTH - _LEFT - _RIGHT, _LINE_HEIGHT - _TOP - _BOTTOM
    step = inner_w / max(1, len(picture.points) - 1)

    def at(n: int, value: float) -> tuple[float, float]:
        return round(_LEFT + n * step, 1), round(_TOP + inner_h * (1 - value / highest), 1)

    drawn = [_level(at(0, value)[1], value) for value in _levels(highest)]
    stretch: list[tuple[float, float]] = []
    for n, (_, value, _told) in enumerate(picture.points):
        if value is None:
            drawn += _stretch(stretch)
            stretch = []
        else:
            stretch.append(at(n, value))
    drawn += _stretch(stretch)
    every = max(1, math.ceil(len(picture.points) / _TICKS))
    for n in range(0, len(picture.points), every):
        x, label = round(_LEFT + n * step, 1), picture.points[n][0]
        anchor = "start" if n == 0 else "middle"
        drawn.append(
            f'<text class="tick" x="{x}" y="{_LINE_HEIGHT - 8}" text-anchor="{anchor}">{escape(label)}</text>'
        )
    if picture.goal:
        y, name = at(0, picture.goal[0])[1], escape(picture.goal[1])
        drawn.append(
            f'<line class="goal" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
            f'<text class="goal-name" x="{_WIDTH - _RIGHT}" y="{y - 5}" text-anchor="end">{name}</text>'
        )
    return _framed(picture, _LINE_HEIGHT, drawn)


def _framed(picture: Picture, height: int, drawn: Sequence[str]) -> str:
    name = escape(picture.id)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="{name}-t {name}-d" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-t">{escape(picture.title)}</title>'
        f'<desc id="{name}-d">{escape(picture.description)}</desc>{"".join(drawn)}</svg>'
    )


def _highest(picture: Picture) -> float:
    values = [value for _, value, _ in picture.points if value is not None]
    return max([*values, picture.goal[0] if picture.goal else 0, 0.001]) * 1.04


def _levels(highest: float) -> list[float]:
    """Round numbers to rule the picture with: four or five."""
    rough = highest / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= rough)
    return [step * n for n in range(int(highest / step) + 1)]


def _level(y: float, value: float) -> str:
    return (
        f'<line class="level" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
        f'<text class="tick" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>'
    )


def _stretch(points: Sequence[tuple[float, float]]) -> list[str]:
    if not points:
        return []
    if len(points) == 1:
        return [f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>']
    told = " ".join(f"{x},{y}" for x, y in points)
    return [f'<polyline class="line" points="{told}"/>']


def _cut(label: str) -> str:
    """As much of a label as there is room for."""
    room = _LETTERS
    for n, letter in enumerate(label):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return f"{label[: n - 1]}…"
    return label
