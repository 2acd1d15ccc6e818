"""Who an enrolled station is: its school, id, epoch and token, as they stand in `meta`; and how far it has read."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.store.tx import Tx

_KEYS = ("school", "station", "epoch", "token")
CURSOR = "cursor"
AS_OF = "as_of_ms"
SERVER_SEEN = "server_seen_ms"
RULES = "rules"
REVOKED = "revoked"
# "epoch:seq" of the last of our entries that the counts of loans hold which were fed; "": they come in just now.
COUNTED = "counted"
# "epoch:seq:times" of our entry that made the central record fail by itself, and in how many exchanges it has.
ALONE = "failed_alone"
ROOM = "station_room"
RULES_GOOD = "rules_good"


@dataclass(frozen=True, slots=True)
class Lineage:
    """One disk's claim to be a station. The token is a secret; it never goes into a log."""

    school: str
    station: str
    epoch: int
    token: str

    def __repr__(self) -> str:
        return f"Lineage({self.school}, {self.station}:{self.epoch})"


def lineage(tx: Tx) -> Lineage | None:
    """Who this station is at its central record; None: it is enrolled at none."""
    school, station, epoch, token = (tx.value(key) for key in _KEYS)
    if not (school and station and epoch and token):
        return None
    return Lineage(school, station, int(epoch), token)


def set_lineage(tx: Tx, who: Lineage) -> None:
    for key, value in zip(_KEYS, (who.school, who.station, str(who.epoch), who.token), strict=True):
        tx.set_value(key, value)


def number(tx: Tx, key: str) -> int:
    """A whole number in `meta`; 0 where there is none."""
    return int(tx.value(key) or 0)
