"""From `kiosk demo` in an empty folder to the line that says it is ready, sample school and all."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.bench.plan import Plan
from tests.bench.programs import ROOT, demo
from tests.bench.rows import Row, median

NAME = "demo_start"
PEER = "python -c 'import flask, sqlalchemy'"
ROUNDS = 3


def run(plan: Plan) -> list[Row]:
    first: list[float] = []
    again: list[float] = []
    bare: list[float] = []
    for n in range(ROUNDS):
        folder = plan.folder / str(n)
        for times in (first, again):
            begun = time.monotonic()
            with demo(folder):
                times.append(time.monotonic() - begun)
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", "import flask, sqlalchemy"], cwd=ROOT, check=True)
        bare.append(time.monotonic() - begun)
    return [
        Row(NAME, "first start", median(first), "s", PEER, median(bare), most=15),
        Row(NAME, "second start", median(again), "s", PEER, median(bare)),
    ]
