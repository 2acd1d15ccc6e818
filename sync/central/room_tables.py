"""Stays in reading rooms, as sign-ins and sign-outs tell them; they can be made again from the journal.

A row says only what its own entries say: facts that do not depend on what came when. What a stay was in the light of
the patron's other ones (`sync/stays.py`) is worked out when it is asked for.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from sync.central.columns import metadata, of_school

_NONE_YET = text("0")

# entry: the key under which the sign-in was first written. patron: as beside the entry. from_ms NULL: only the sign-out
# has come so far. closes_ms: when the room closed. said_epoch, said_seq: the entry that had the last word on whether
# they are out (out_ms), or were never there (void, 1).
room_stays = Table(
    "room_stays",
    metadata,
    *of_school("station", "entry"),
    Column("patron", Text, nullable=False),
    Column("room", Text, nullable=False, server_default=text("''")),
    Column("from_ms", BigInteger),
    Column("closes_ms", BigInteger),
    Column("out_ms", BigInteger),
    Column("void", Integer, nullable=False, server_default=_NONE_YET),
    Column("said_epoch", Integer, nullable=False, server_default=_NONE_YET),
    Column("said_seq", BigInteger, nullable=False, server_default=_NONE_YET),
    Index("room_stays_from", "school", "from_ms", "entry"),
    Index("room_stays_patron", "school", "patron", "from_ms"),
)
