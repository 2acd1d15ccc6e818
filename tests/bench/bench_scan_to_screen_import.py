"""A scan to the painted screen while another process imports 100,000 copies into the same store."""

from __future__ import annotations

from contextlib import ExitStack

from tests.bench.catalogues import Import, importing, write_second_delivery
from tests.bench.plan import BenchError, Plan
from tests.bench.rows import Row
from tests.bench.scans import CROWDED_S, Seen, furnish, watch

NAME = "scan_to_screen_import"
FEWEST_SCANS = 40


def run(plan: Plan) -> list[Row]:
    config = furnish(plan.folder)
    file = plan.folder / "second.csv"
    write_second_delivery(file)
    with ExitStack() as stack:
        running: list[Import] = []

        def more(seen: Seen) -> bool:
            # The import begins with the first scan that counts; scans go on for as long as it runs.
            if not running:
                running.append(stack.enter_context(importing(file, config)))
            return not running[0].done()

        seen = watch(plan.folder, more, CROWDED_S)
    if len(seen.scans) < FEWEST_SCANS:
        raise BenchError(f"the import ended after {len(seen.scans)} scans; that says little")
    return seen.rows(NAME, median_most=None, p99_most=250)
