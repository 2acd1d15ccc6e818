"""One measured figure beside its peer, and the two forms it is told in: a table and bench.json."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """`value` of this code and `peer_value` of the peer, in the same unit and measured in the same run.

    most, most_ratio: what the value, or its ratio to the peer, should not exceed; shown in the table only.
    """

    name: str
    metric: str
    value: float
    unit: str
    peer: str
    peer_value: float
    most: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value over peer; None where the peer took no measurable time."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def target(self) -> str:
        told = [f"≤ {self.most:g} {self.unit}"] if self.most is not None else []
        told += [f"≤ {self.most_ratio:g}x"] if self.most_ratio is not None else []
        return ", ".join(told)

    @property
    def kept(self) -> bool | None:
        """Whether every target is kept; None where there is none."""
        if self.most is None and self.most_ratio is None:
            return None
        below = self.most is None or self.value <= self.most
        near = self.most_ratio is None or (self.ratio is not None and self.ratio <= self.most_ratio)
        return below and near


def as_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    return [
        {
            "name": row.name,
            "metric": row.metric,
            "value": _rounded(row.value),
            "unit": row.unit,
            "peer": row.peer,
            "peer_value": _rounded(row.peer_value),
            "ratio": None if row.ratio is None else _rounded(row.ratio),
        }
        for row in rows
    ]


def write_json(rows: Iterable[Row], path: Path) -> None:
    text = json.dumps(as_json(rows), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def table_of(rows: Sequence[Row], *, title: str = "") -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left")
    for heading in ("bench", "metric"):
        table.add_column(heading, no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("peer")
    table.add_column("its value", justify="right", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}x"
        table.add_row(
            row.name,
            row.metric,
            f"{_rounded(row.value):g} {row.unit}",
            row.peer,
            f"{_rounded(row.peer_value):g} {row.unit}",
            ratio,
            _told(row),
        )
    return table


def _told(row: Row) -> str:
    match row.kept:
        case None:
            return ""
        case True:
            return f"[green]{row.target}  kept[/green]"
        case False:
            return f"[red]{row.target}  MISSED[/red]"


def _rounded(value: float) -> float:
    """Four significant figures: more would pretend."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, 3 - math.floor(math.log10(abs(value))))


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest measured value that at least `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
