"""One checkout, from the scan's barcode to the durable loan: facts, policy, chained entry, loan, one transaction.

Two stores are measured in turn, with 10,000 and with 1,000,000 journal entries, and bare commits of SQLite between.
"""

from __future__ import annotations

from contextlib import closing

from tests.bench import stores
from tests.bench.lending import PEER, time_acts
from tests.bench.plan import Plan
from tests.bench.rows import Row, median, quantile

NAME = "desk_checkout"
FEW, MANY = 10_000, 1_000_000
ROUNDS = 1_000


def run(plan: Plan) -> list[Row]:
    few = stores.big_store(plan.folder / "few")
    stores.lengthen_journal(few, FEW)
    many = stores.twin(few, plan.folder / "many")
    stores.lengthen_journal(many, MANY)
    with closing(stores.OpenDesk(few)) as desk, closing(stores.OpenDesk(many)) as grown:
        times = time_acts([desk, grown], plan.folder, ROUNDS)
    (short, long), bare = times.checkout, times.bare
    beside = f"the same with {FEW:,} entries"
    at = f"with {MANY:,} entries"
    return [
        Row(NAME, "median", median(short), "ms", PEER, median(bare), most_ratio=8),
        Row(NAME, "p99", quantile(short, 0.99), "ms", PEER, quantile(bare, 0.99)),
        Row(NAME, f"median {at}", median(long), "ms", beside, median(short), most_ratio=1.3),
        Row(NAME, f"p99 {at}", quantile(long, 0.99), "ms", beside, quantile(short, 0.99)),
    ]
