"""From a scan to the painted screen, in the real demo process and a real Chromium, with a store of full size."""

from __future__ import annotations

from tests.bench.plan import Plan
from tests.bench.rows import Row
from tests.bench.scans import PUPILS_S, Seen, furnish, watch

NAME = "scan_to_screen"
SCANS = 320


def run(plan: Plan) -> list[Row]:
    furnish(plan.folder)

    def more(seen: Seen) -> bool:
        return len(seen.scans) < SCANS

    return watch(plan.folder, more, PUPILS_S).rows(NAME, median_most=30, p99_most=100)
