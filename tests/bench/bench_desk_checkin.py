"""One return, from the barcode to the closed loan, in a store of full size."""

from __future__ import annotations

from contextlib import closing

from tests.bench import stores
from tests.bench.lending import PEER, time_acts
from tests.bench.plan import Plan
from tests.bench.rows import Row, median, quantile

NAME = "desk_checkin"
ENTRIES = 10_000
ROUNDS = 1_000


def run(plan: Plan) -> list[Row]:
    folder = stores.big_store(plan.folder / "store")
    stores.lengthen_journal(folder, ENTRIES)
    with closing(stores.OpenDesk(folder)) as desk:
        times = time_acts([desk], plan.folder, ROUNDS)
    (taken,), bare = times.checkin, times.bare
    return [
        Row(NAME, "median", median(taken), "ms", PEER, median(bare), most_ratio=8),
        Row(NAME, "p99", quantile(taken, 0.99), "ms", PEER, quantile(bare, 0.99)),
    ]
