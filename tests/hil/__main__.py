"""Build the guest if need be, run it, and print a table of what was shown.

Ends with 0 if every row was shown, 1 if one was not, 2 if something is missing to run at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.hil.machine import Machine, MachineError
from tests.hil.needs import PATH, missing, wrong_python

ROOT = Path(__file__).resolve().parents[2]
RECIPE = Path(__file__).with_name("build.sh")
BUILT = ROOT / "build" / "hil"
STAMP = BUILT / "built-by"
SHARED = {"project": ROOT, "packages": Path(sysconfig.get_path("purelib"))}
LIMIT_S = 280.0
WIDTH = 130
LAST_LINES = 15


def main() -> None:
    began = time.monotonic()
    built = STAMP.exists() and STAMP.read_text() == _recipe()
    _stop_if(missing(built=built))
    if not built:
        _build()
    _stop_if(wrong_python((BUILT / "python").read_text().strip()))
    folder = Path(tempfile.mkdtemp(prefix="hil-"))
    planned, rows = _run(folder)
    Console(width=None if sys.stdout.isatty() else WIDTH).print(_table(rows))
    shown = sum(not row["why"] for row in rows)
    print(f"{shown} of {planned} shown, {time.monotonic() - began:.0f} s in all")
    if shown and shown == planned:
        shutil.rmtree(folder, ignore_errors=True)
        return
    print(f"what the guest said: {folder}/console.log")
    raise SystemExit(1)


def _stop_if(lacking: list[str]) -> None:
    for what in lacking:
        print(f"make hil cannot run here; it needs {what}", file=sys.stderr)
    if lacking:
        raise SystemExit(2)


def _recipe() -> str:
    return hashlib.sha256(RECIPE.read_bytes()).hexdigest()


def _build() -> None:
    print("building the guest (half a minute and a download of 130 MB, once)", flush=True)
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.parent.mkdir(exist_ok=True)
    log = BUILT.with_suffix(".log")
    with log.open("wb") as words:
        done = subprocess.run(
            ["sh", str(RECIPE), str(BUILT)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env={**os.environ, "PATH": PATH},
            check=False,
        )
    if done.returncode:
        print("the guest cannot be built. Last words:", *_last_of(log), sep="\n  ", file=sys.stderr)
        raise SystemExit(2)
    STAMP.write_text(_recipe())


def _run(folder: Path) -> tuple[int, list[dict[str, Any]]]:
    """How many rows there should be, and what was told of them."""
    planned = 0
    rows: list[dict[str, Any]] = []
    try:
        with Machine(BUILT, SHARED, folder) as machine:
            for words in machine.told(LIMIT_S):
                if "end" in words:
                    return planned, rows
                if "planned" in words:
                    planned = words["planned"]
                else:
                    rows.append(words)
                    print("F" if words["why"] else ".", end="", flush=True)
        trouble = f"the guest broke off, or took over {LIMIT_S:.0f} s"
    except MachineError as error:
        trouble = str(error)
    finally:
        print()
    last = _last_of(folder / "console.log")
    print(f"{trouble}. Last words:", *last, sep="\n  ", file=sys.stderr)
    return planned, rows


def _last_of(log: Path) -> list[str]:
    return [*log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:], f"all of it: {log}"]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("device", "shown", "", "seconds")
    table.columns[3].justify = "right"
    for row in rows:
        why = f"[red]FAIL[/red] {escape(row['why'])}" if row["why"] else "[green]pass[/green]"
        table.add_row(row["device"], row["shown"], why, str(row["seconds"]))
    return table


if __name__ == "__main__":
    main()
