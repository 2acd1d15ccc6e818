"""The rules in force: library.toml as last read whole and valid, with the statutory days of its country.

The file may change under a running station. It is taken only when it is valid and holds still; until then the rules
in force stay, and `trouble` says why. An enrolled station takes its rules from the central record, and no longer from
the file.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import holidays
import structlog

from config.library import WEEKDAYS, Holidays, Library
from config.said import said
from config.settings import Problem, SettingsError, contradictions, parse_library
from config.station import Station
from kiosk.calendar import DayName, Rules, SpecialDays

log = structlog.get_logger()


class FedRules(Protocol):
    """What an enrolled station is sent: the newest text, the one in force last, and the file's digest at enrolment."""

    def newest(self) -> str | None: ...

    def good(self) -> str | None: ...

    def local(self) -> str | None: ...

    def keep(self, text: str) -> None: ...


YEARS = range(2020, 2051)
EXCHANGED_FOR = re.compile(r"\d{4}-\d{2}-\d{2}")  # 休息日（由 2026-10-10 调休）
HOLDS_STILL_S = 0.05

Signature = tuple[int, int, int]
UNSETTLED: Signature = (-1, -1, -1)  # no file's: it must be read again


class Rulebook:
    """Holds the newest valid rules; never half of a file. Raises SettingsError if the first read is not valid.

    station: the station that lives by these rules; what contradicts its settings is as invalid as a wrong key.
    """

    def __init__(self, path: Path, station: Station | None = None) -> None:
        self._path = path
        self._station = station
        self._fed: FedRules | None = None
        self._foreign: str | None = None
        self._seen: Signature | None = UNSETTLED
        self.current = load_rules(path)
        self._hold_against_station(self.current.library)
        self.trouble: str | None = None
        self._judged = self._fed_judged = self.current.digest
        self._refusal: str | None = None
        self._file_too = False

    def follow(self, fed: FedRules, *, file_too: bool = False) -> None:
        """Take the rules from the central record from now on, beginning with those that were in force last.

        file_too: a file that is changed here counts as well, whichever came last; the demo publishes it.
        """
        self._fed, self._file_too = fed, file_too
        good = fed.good()
        if good is not None:
            self._fed_judged = _digest(good.encode())
            self._take(good.encode(), self._fed_judged)

    def refresh(self) -> bool:
        """Take up what has changed; True if new rules are in force. Call about once a second, from one thread."""
        newest = self._fed.newest() if self._fed else None
        if newest is None or (self._file_too and _signature(self._path) != self._seen):
            return self._refresh_file()
        return self._refresh_fed(newest)

    def _refresh_fed(self, text: str) -> bool:
        assert self._fed is not None, "only what is fed is refreshed here"
        content = text.encode()
        digest = _digest(content)
        taken = False
        if digest != self._fed_judged or self._fed.good() is None:
            self._fed_judged = digest
            taken = self._take(content, digest)
            if self._refusal is None:
                self._fed.keep(text)
        signature = _signature(self._path)
        if signature != self._seen and not self._file_too:
            self._seen = signature
            self._foreign = self._changed_here(digest)
        self.trouble = self._refusal or self._foreign
        return taken

    def _changed_here(self, fed_digest: str) -> str | None:
        """What to say of a file that was changed on this machine, where it rules no longer."""
        assert self._fed is not None, "a file that rules may be changed"
        content = _read_at_rest(self._path)
        if content is None or _digest(content) in (fed_digest, self._fed.local()):
            return None
        return (
            f"{self._path.name} was changed on this machine, but its rules come from the central record; "
            f"publish the file there: central rules publish {self._path.name}"
        )

    def _refresh_file(self) -> bool:
        signature = _signature(self._path)
        if signature == self._seen:
            return False
        content = _read_at_rest(self._path)
        if content is None:
            self._seen = UNSETTLED if signature else None
            self.trouble = f"{self._path.name}: the file is missing or still being written; the last good rules stay"
            return False
        # A second write within the same tick of the file system's clock shows no new signature, so a signature is
        # believed only when the content behind it has been read twice.
        digest = _digest(content)
        if digest == self._judged:
            self._seen = signature
            self.trouble = self._refusal
            return False
        self._judged = digest
        return self._take(content, digest)

    def _take(self, content: bytes, digest: str) -> bool:
        refused, self.trouble, self._refusal = self._refusal, None, None
        if digest == self.current.digest:
            if refused:
                log.info("library.toml is again as it was", file=str(self._path))
            return False
        try:
            rules = make_rules(content, self._path)
            self._hold_against_station(rules.library, running=self.current.library)
        except SettingsError as error:
            self.trouble = self._refusal = f"{error}\nThe last good rules stay in force."
            first, *more = map(str, error.problems)
            log.warning("library.toml not taken up", why=first, more=len(more))
            return False
        self.current = rules
        log.info("library.toml taken up", file=str(self._path), digest=digest[:12])
        return True

    def _hold_against_station(self, library: Library, *, running: Library | None = None) -> None:
        problems = (
            tuple(contradictions(library, self._station, running=running)) if self._station else ()
        )
        if problems:
            raise SettingsError(problems)


def load_rules(path: Path) -> Rules:
    """Read the rules once; raises SettingsError with every problem."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = said("", f"cannot be read ({error.strerror}); put the file at {path}")
        raise SettingsError((Problem(path.name, "", "", message),)) from error
    return make_rules(content, path)


def make_rules(content: bytes, path: Path) -> Rules:
    library = parse_library(content, path.name)
    return Rules(library, special_days(library), _digest(content), str(path))


def special_days(library: Library) -> SpecialDays:
    """Statutory holidays and exchanged working days of the library's country; none where they are not wanted."""
    wanted: Holidays = library.holidays
    return _special_days(wanted.country) if wanted.enabled else SpecialDays()


@lru_cache(maxsize=4)
def _special_days(country: str) -> SpecialDays:
    local, english = _names(country, "zh_CN"), _names(country, "en_US")
    named = {
        day: DayName(_plain(name), _plain(english.get(day, name)), "holidays.country")
        for day, name in local.items()
    }
    exchanged = {day: found for day, name in local.items() if (found := EXCHANGED_FOR.search(name))}
    working = {
        date.fromisoformat(found.group()): WEEKDAYS[day.weekday()]
        for day, found in exchanged.items()
    }
    statutory = {day: name for day, name in named.items() if day not in exchanged}
    closed = {
        day: name for day, name in _bridged(statutory, exchanged).items() if day not in working
    }
    if country != "CN":
        return SpecialDays(closed, working)
    return SpecialDays(closed, working, known_until=date(_last_known_year(working), 12, 31))


def _plain(name: str) -> str:
    """国庆节（补假） and "National Day (observed)" are both the holiday itself."""
    return re.split(r"\s*[（(]", name)[0] or name


def _bridged(statutory: dict[date, DayName], exchanged: Iterable[date]) -> dict[date, DayName]:
    """Days off by exchange, and weekends between two closed days, bear the name of the holiday they prolong."""
    free = {*statutory, *exchanged}
    weekend = {
        day + timedelta(days=n)
        for day in free
        for n in (1, 2)
        if (day + timedelta(days=n)).weekday() > 4
    }
    closed = dict(statutory)
    for day in sorted({*exchanged, *(d for d in weekend if _between(d, free))}):
        nearest = min(statutory, key=lambda known: (abs((known - day).days), known > day))
        closed.setdefault(day, statutory[nearest])
    return closed


def _between(day: date, free: set[date]) -> bool:
    """Whether only weekend days lie between the day and a free day on either side."""

    def reaches(step: int) -> bool:
        near = [day + timedelta(days=n * step) for n in (1, 2)]
        return near[0] in free or (near[0].weekday() > 4 and near[1] in free)

    return reaches(1) and reaches(-1)


def _last_known_year(working: dict[date, str]) -> int:
    """China exchanges days every year; the first year without any has not been published yet."""
    years = {day.year for day in working}
    return next(year - 1 for year in range(YEARS.start, YEARS.stop + 1) if year not in years)


def _names(country: str, language: str) -> dict[date, str]:
    spoken = holidays.country_holidays(country).supported_languages
    chosen = language if language in spoken else None
    return dict(holidays.country_holidays(country, years=YEARS, language=chosen).items())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _signature(path: Path) -> Signature | None:
    """What changes when the file does; None while there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read_at_rest(path: Path) -> bytes | None:
    """The content of a file that nobody is writing just now; None where there is none or it still changes."""
    try:
        content = path.read_bytes()
        time.sleep(HOLDS_STILL_S)
        return content if content == path.read_bytes() else None
    except OSError:
        return None
