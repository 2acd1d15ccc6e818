"""How a machine becomes a station of a central record: a one-time code for its id, its epoch and its first token."""

from __future__ import annotations

from kiosk.store.lineage import Lineage
from kiosk.store.rewind import begin_lineage
from kiosk.store.store import Store
from sync.carry import Line, Machine
from sync.wire import Enrol, Enrolled


def enrol(store: Store, line: Line, machine: Machine, code: str, *, local: str) -> Enrolled:
    """Use the code up; the store is the station's from then on, with all that it had written before.

    local: the station's name so far, from station.toml. Raises LineDown, Refused, Failing, and StoreError for a store
    that belongs to another station.
    """
    told = line.send(Enrol(code=code, hardware=machine.hardware, software=machine.software))
    assert isinstance(told, Enrolled), "the line gives each message its own reply"
    who = Lineage(told.school, told.station, told.epoch, told.token)
    with store.begin() as tx:
        begin_lineage(tx, who, local=local)
        for key in ("name", "room", "time_zone"):
            tx.set_value(f"station_{key}", getattr(told, key))
        tx.set_value("address", line.address)
    return told
