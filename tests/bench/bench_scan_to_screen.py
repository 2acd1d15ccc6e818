"""From a scan to the painted screen, in the real demo process and a real Chromium, with a store of full size.

Once at the pace of a quick pupil, and once so crowded that each scan falls into the page's movement for the one
before; the same targets stand beside both.
"""

from __future__ import annotations

from tests.bench.plan import Plan
from tests.bench.rows import Row
from tests.bench.scans import CROWDED_S, PUPILS_S, Seen, furnish, watch

NAME = "scan_to_screen"
SCANS = 320
# The second queue begins with pupils, and books, that the first has not come to.
SECOND_FIRST = 1_000


def run(plan: Plan) -> list[Row]:
    furnish(plan.folder)

    def more(seen: Seen) -> bool:
        return len(seen.scans) < SCANS

    usual = watch(plan.folder, more, PUPILS_S)
    crowded = watch(plan.folder, more, CROWDED_S, first=SECOND_FIRST)
    return [
        *usual.rows(NAME, median_most=30, p99_most=100),
        *crowded.rows(NAME, median_most=30, p99_most=100, when=" crowded"),
    ]
