"""How each part of the station can be, as values without words for people: green, yellow or red. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """What /health has a line for."""

    SCANNER = "scanner"
    PRINTER = "printer"
    STORE = "store"
    CENTRAL = "central"
    CLOCK = "clock"
    RULES = "rules"
    CALENDAR = "calendar"


class Light(StrEnum):
    """How urgent a sign is, in this order."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Condition(StrEnum):
    """Everything that a part of the station can be; each has words for staff in every language."""

    SCANNER_OK = "scanner_ok"
    SCANNER_DOUBT = "scanner_doubt"
    SCANNER_TROUBLE = "scanner_trouble"
    SCANNER_SIMULATED = "scanner_simulated"
    SCANNER_NONE = "scanner_none"
    PRINTER_OK = "printer_ok"
    PRINTER_DOUBT = "printer_doubt"
    PRINTER_TROUBLE = "printer_trouble"
    PRINTER_SIMULATED = "printer_simulated"
    PRINTER_NONE = "printer_none"
    STORE_OK = "store_ok"
    STORE_FULL = "store_full"
    STORE_TROUBLE = "store_trouble"
    CENTRAL_OK = "central_ok"
    CENTRAL_NONE = "central_none"
    CENTRAL_NOT_ENROLLED = "central_not_enrolled"
    CENTRAL_TROUBLE = "central_trouble"
    CENTRAL_PARKED = "central_parked"
    CENTRAL_REVOKED = "central_revoked"
    NETWORK_DOWN = "network_down"
    CLOCK_OK = "clock_ok"
    CLOCK_UNSURE = "clock_unsure"
    RULES_OK = "rules_ok"
    RULES_REFUSED = "rules_refused"
    CALENDAR_OK = "calendar_ok"
    CALENDAR_ENDS = "calendar_ends"


_YELLOW = frozenset({
    Condition.SCANNER_DOUBT, Condition.PRINTER_DOUBT, Condition.NETWORK_DOWN, Condition.CLOCK_UNSURE,
    Condition.RULES_REFUSED, Condition.CALENDAR_ENDS, Condition.CENTRAL_NOT_ENROLLED, Condition.CENTRAL_TROUBLE,
})  # fmt: skip
_RED = frozenset({
    Condition.SCANNER_TROUBLE, Condition.SCANNER_SIMULATED, Condition.SCANNER_NONE, Condition.PRINTER_TROUBLE,
    Condition.PRINTER_SIMULATED, Condition.STORE_FULL, Condition.STORE_TROUBLE, Condition.CENTRAL_PARKED,
    Condition.CENTRAL_REVOKED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """How the exchange with the central record goes. online: whether it answered last (None: not asked yet).

    last_ms: when an exchange last came to its end (UTC ms, by the station's clock). trouble: in words, "" while all is
    well; refused: the central record's code for it. parked: another machine goes on as this station.
    """

    online: bool | None = None
    last_ms: int | None = None
    trouble: str = ""
    refused: str = ""
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """How one part of the station is. name: which scanner; values: what the words for staff are filled with.

    what and todo: the same in English with all particulars, for /health, the log, and whoever mends it.
    """

    condition: Condition
    what: str
    todo: str = ""
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def light(self) -> Light:
        if self.condition in _RED:
            return Light.RED
        return Light.YELLOW if self.condition in _YELLOW else Light.GREEN

    @property
    def part(self) -> Part:
        word = self.condition.partition("_")[0]
        return Part.CENTRAL if word == "network" else Part(word)
