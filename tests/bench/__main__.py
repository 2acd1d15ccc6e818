"""Run the benches, print their table, and write bench.json beside the Makefile.

A bench is a file of this folder called bench_NAME.py with a function `run(plan) -> list[Row]`; nothing else names it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

import tests.bench
from tests.bench.plan import BenchError, Plan
from tests.bench.rows import Row, table_of, write_json

PREFIX = "bench_"
ROOT = Path(__file__).resolve().parents[2]
WIDTH = 150


def names() -> list[str]:
    """Every bench there is, by the names of the files."""
    found = (module.name for module in pkgutil.iter_modules(tests.bench.__path__))
    return sorted(name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX))


@click.command()
@click.option("--only", help="Run this one bench.")
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of pictures, for benches that read them.",
)
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the stores to measure; it decides which disk is measured. Default: the system's.",
)
def main(only: str | None, photos: Path | None, scratch: Path | None) -> None:
    """Measure, beside peers."""
    if only is not None and only not in names():
        click.echo(f"there is no bench {only!r}; choose one of: {', '.join(names())}", err=True)
        raise SystemExit(2)
    rows, failed = _run_all([only] if only else names(), photos, scratch)
    write_json(rows, ROOT / "bench.json")
    one, five, fifteen = os.getloadavg()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table_of(rows))
    console.print(f"load average now {one:.2f} {five:.2f} {fifteen:.2f}, {os.cpu_count()} cores")
    for line in failed:
        click.echo(line, err=True)
    raise SystemExit(1 if failed else 0)


def _run_all(
    chosen: list[str], photos: Path | None, scratch: Path | None
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    failed: list[str] = []
    for name in chosen:
        click.echo(f"{name}: measuring (load average {os.getloadavg()[0]:.2f}) ...", err=True)
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", dir=scratch) as folder:
            try:
                rows += importlib.import_module(f"tests.bench.{PREFIX}{name}").run(
                    Plan(Path(folder), photos)
                )
            except BenchError as error:
                failed.append(f"{name} could not be measured: {error}")
    return rows, failed


if __name__ == "__main__":
    main(prog_name="python -m tests.bench")
