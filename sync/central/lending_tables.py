"""The tables of loans and holds: what the fold and the queues make of the entries.

Lists go over partial indexes of what is open, so that no page grows with what is long over.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Table, Text, false, text

from sync.central.columns import metadata, of_school, where

loans = Table(
    "loans",
    metadata,
    *of_school("opened_by"),
    Column("barcode", Text, nullable=False),
    Column("patron", Text),
    Column("opened_ms", BigInteger, nullable=False),
    Column("due_on", Date),
    Column("renewals", Integer, nullable=False),
    Column("closed_by", Text),
    Column("closed_ms", BigInteger),
    Column("closed_lo", BigInteger),
    Column("how", Text, nullable=False, default=""),
    # The entry by which the patron says that it was returned, while that is open, and its time.
    Column("claimed_by", Text),
    Column("claimed_ms", BigInteger),
    # Found by a step of its own, so not named when the fold writes a loan.
    Column("past_limit", Boolean, nullable=False, server_default=false()),
    Index("loans_copy", "school", "barcode", "opened_ms"),
    Index("loans_opened", "school", "opened_ms"),
    Index("loans_patron", "school", "patron", "closed_ms", "opened_ms"),
    where("loans_due", "closed_ms IS NULL", "school", "due_on", "opened_by"),
    where(
        "loans_claimed",
        "closed_ms IS NULL AND claimed_ms IS NOT NULL",
        "school",
        "claimed_ms",
        "opened_by",
    ),
)

# A place in the queue for a title; `barcode` is the copy on the hold shelf.
holds = Table(
    "holds",
    metadata,
    *of_school("id"),
    Column("title_id", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("placed_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("barcode", Text),
    # Since when the copy is there, and the last day on which it waits.
    Column("shelved_ms", BigInteger),
    Column("keep_until", Date),
    # How it ended: filled, cancelled or expired; the copy that lay there then, and the entry that ended it.
    Column("how", Text, nullable=False, server_default=text("''")),
    Column("last_barcode", Text),
    Column("ended_by", Text),
    Index("holds_title", "school", "title_id"),
    Index("holds_patron", "school", "patron_id"),
    where("holds_waiting", "ended_ms IS NULL AND barcode IS NULL", "school", "placed_ms", "id"),
    where("holds_shelf", "ended_ms IS NULL AND barcode IS NOT NULL", "school", "keep_until", "id"),
    where("holds_copy", "ended_ms IS NULL AND barcode IS NOT NULL", "school", "barcode"),
    where("holds_expired", "how = 'expired'", "school", "ended_ms", "id"),
)
