"""How far an import is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_EVERY_S = 2.0


class Progress(Protocol):
    def begin(self, what: str, total: int | None) -> None:
        """A new part of the work; `total` rows, None if nobody knows yet."""

    def advance(self, count: int) -> None: ...


class Silent:
    def begin(self, what: str, total: int | None) -> None: ...

    def advance(self, count: int) -> None: ...


class Lines:
    """One line at the begin of each part, then one every two seconds."""

    def __init__(self) -> None:
        self._what, self._total, self._done, self._told = "", None, 0, 0.0

    _total: int | None

    def begin(self, what: str, total: int | None) -> None:
        self._what, self._total, self._done, self._told = what, total, 0, time.monotonic()
        print(what, "" if total is None else f"({total})", file=sys.stderr, flush=True)  # noqa: T201

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._told >= _EVERY_S:
            self._told = time.monotonic()
            of = "" if self._total is None else f" of {self._total}"
            print(f"{self._what}: {self._done}{of}", file=sys.stderr, flush=True)  # noqa: T201


class Bar:
    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars
        self._task = None

    _task: int | None

    def begin(self, what: str, total: int | None) -> None:
        if self._task is not None:
            self._bars.stop_task(self._task)  # type: ignore[arg-type]
        self._task = self._bars.add_task(what, total=total)

    def advance(self, count: int) -> None:
        self._bars.advance(self._task, count)  # type: ignore[arg-type]


@contextlib.contextmanager
def bar_or_lines() -> Iterator[Progress]:
    """A bar if the error stream is a terminal, plain lines if not."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield Bar(bars)
