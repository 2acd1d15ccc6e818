"""Read the settings files, or say everything that is wrong with them.

Nothing is half-applied: a load returns a whole valid value, or raises SettingsError with every problem of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import available_timezones

from holidays.registry import EntityLoader

from config.central import Central
from config.faults import Fault, Parts, meant, read_parts, shown
from config.library import Library
from config.library_checks import check_library
from config.said import Said, said
from config.station import Station
from config.table import Table
from config.toml_lines import find_full_width, find_line

T = TypeVar("T", bound=Table)
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)")
Check = Callable[[Parts], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where, what stands there, and what to write instead."""

    file: str
    key: str
    value: str
    said: Said
    line: int | None = None

    @property
    def message(self) -> str:
        return str(self.said)

    def __str__(self) -> str:
        file = self.file if self.line is None else f"{self.file}, line {self.line}"
        where = " = ".join(part for part in (self.key, self.value) if part)
        return ": ".join(part for part in (file, where, self.message) if part)


class SettingsError(Exception):
    """A settings file that was not taken; `problems` are all that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_library(path: Path) -> Library:
    return parse_library(_read(path), path.name)


def parse_library(content: bytes, file: str) -> Library:
    """Make sense of the bytes of a library.toml; `file` is its name in messages."""
    return _build(Library, content, file, _check_library)


def load_station(path: Path) -> Station:
    return _build(Station, _read(path), path.name, _check_station)


def load_central(path: Path) -> Central:
    return _build(Central, _read(path), path.name, _check_central)


def check_all(folder: Path) -> list[Problem]:
    """Everything wrong in a folder of settings; central.toml may be absent, the other two may not."""
    problems: list[Problem] = []
    library = _try(load_library, folder / "library.toml", problems)
    station = _try(load_station, folder / "station.toml", problems)
    central = None
    if (folder / "central.toml").exists():
        central = _try(load_central, folder / "central.toml", problems)
    if library and station:
        problems += (_on_its_line(p, folder) for p in contradictions(library, station))
    if station and central:
        problems += (_on_its_line(p, folder) for p in _ports(station, central))
    return problems


def _on_its_line(problem: Problem, folder: Path) -> Problem:
    """What two files say to each other is found without their texts; here both are at hand."""
    line = find_line(_text(_read(folder / problem.file), problem.file), problem.key)
    return replace(problem, line=line.number) if line else problem


def _try(load: Callable[[Path], T], path: Path, problems: list[Problem]) -> T | None:
    try:
        return load(path)
    except SettingsError as error:
        problems += error.problems
        return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = said("", f"cannot be read ({error.strerror}); put the file at {path}")
        raise SettingsError((Problem(path.name, "", "", message),)) from error


def _build(model: type[T], content: bytes, file: str, check: Check) -> T:
    text = _text(content, file)
    raw = _toml(text, file)
    parts, faults = read_parts(model, raw)
    faults += check(parts)
    if faults:
        raise SettingsError(tuple(_problem(fault, text, file) for fault in faults))
    return model.model_validate(raw)


def _problem(fault: Fault, text: str, file: str) -> Problem:
    """The fault with its line; another table that the message names is named by its line, too."""
    line = find_line(text, fault.key)
    message = _by_line(fault.message, text)
    return Problem(file, fault.key, shown(fault.value), message, line.number if line else None)


def _by_line(message: Said, text: str) -> Said:
    if message.code == "another":
        line = find_line(text, str(message))
        told = "the [[{section}]] of line {line}"
        return said("at_line", told, **message.values, line=line.number) if line else message
    values = {
        name: _by_line(value, text) if isinstance(value, Said) else value
        for name, value in message.values.items()
    }
    return replace(message, values=values)


def _text(content: bytes, file: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = said("", "the file is saved as UTF-16; save it with the encoding UTF-8")
        raise SettingsError((Problem(file, "", "", message),))
    try:
        # Editors of Windows begin a file with a byte order mark, which says nothing in UTF-8.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = "this is not UTF-8 (perhaps GBK); save the file with the encoding UTF-8"
        message = said("", told)
        raise SettingsError((Problem(file, "", "", message, line),)) from error


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        full = find_full_width(text)
        if full:
            told = "{sign} is a Chinese sign; write {instead} here: {row}"
            space = said("space", full.instead) if full.sign == "\u3000" else full.instead
            message = said("sign", told, sign=full.sign, instead=space, row=full.line.text)
            raise SettingsError((Problem(file, "", "", message, full.line.number),)) from error
        raise SettingsError((_not_toml(str(error), text, file),)) from error


def _not_toml(what: str, text: str, file: str) -> Problem:
    """What the parser objects to, with the line itself, which says more than its number."""
    found = _AT_LINE.search(what)
    number = int(found[1]) if found else None
    row = text.splitlines()[number - 1].strip() if number else ""
    why = _AT_LINE.sub("", what)
    # "Cannot overwrite a value" is how the parser says that a key or table stands there again.
    twice = "overwrite" in why or "declare" in why
    remedy = "this stands in the file already; remove one of the two" if twice else "mend that line"
    told = f"this is not TOML: {{why}}{': {row}' if row else ''}; {remedy}"
    code = "twice" if twice else "not_toml" if row else "no_end"
    message = said(code, told, why=why, row=row)
    return Problem(file, "", "", message, number)


def _check_library(parts: Parts) -> Iterator[Fault]:
    yield from check_library(parts)
    identity = parts.tables.get("library")
    if identity and identity.time_zone not in _time_zones():
        near = meant(identity.time_zone, sorted(_time_zones()), least=0.8)
        # China's zone bears the name of none of the cities that people look for it by.
        such = said("shanghai", 'write one such as "Asia/Shanghai"')
        hint = near if near.code == "did_you_mean" else such
        message = said("no_time_zone", "there is no such time zone; {hint}", hint=hint)
        yield Fault("library.time_zone", identity.time_zone, message)
    holidays = parts.tables.get("holidays")
    if holidays and holidays.country not in EntityLoader.get_country_codes():
        told = (
            'no holidays are known for this country; write a code such as "CN", or enabled = false'
        )
        yield Fault("holidays.country", holidays.country, said("no_country", told))


@cache
def _time_zones() -> frozenset[str]:
    # Python looks through some 600 files for them.
    return frozenset(available_timezones())


def _check_station(parts: Parts) -> Iterator[Fault]:
    yield from _same(parts, "scanners", "name")
    central = parts.tables.get("central")
    if central and central.address and not central.address.startswith(("http://", "https://")):
        message = said(
            "", 'write an address such as "https://library.example:8090", or "" for none'
        )
        yield Fault("central.address", central.address, message)


def _check_central(parts: Parts) -> Iterator[Fault]:
    yield from _same(parts, "schools", "id")
    database = parts.tables.get("database")
    if database and not database.url.startswith(("sqlite:///", "postgresql+psycopg://")):
        message = said("", 'write "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"')
        yield Fault("database.url", database.url, message)


def _same(parts: Parts, section: str, field: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for at, row in parts.lists[section].items():
        word = getattr(row, field)
        if word in seen:
            message = said("", "it stands here twice; write another")
            yield Fault(f"{section}[{at}].{field}", word, message)
        seen.add(word)


def contradictions(
    library: Library, station: Station, *, running: Library | None = None
) -> Iterator[Problem]:
    """What library.toml and station.toml must not say to each other; asked by every check, start and take-up.

    running: the library.toml that a running station was started with, whose room and clock cannot change under it.
    """
    rooms = [room.key for room in library.rooms]
    room = station.station.room
    if room and room not in rooms:
        message = said("", "library.toml defines no such room; {hint}", hint=meant(room, rooms))
        yield Problem("station.toml", "station.room", shown(room), message)
    if running is None:
        return
    held = {"library.time_zone": (running.library.time_zone, library.library.time_zone)}
    if not room:
        held["library.room"] = (running.library.room, library.library.room)
    for key, (old, new) in held.items():
        if new != old:
            told = "the running station keeps {old}; start it again to take this up"
            message = said("", told, old=shown(old))
            yield Problem("library.toml", key, shown(new), message)


def _ports(station: Station, central: Central) -> Iterator[Problem]:
    if station.screen.port == central.listen.port:
        message = said("", "station.toml uses the same screen.port; write another, such as 8090")
        yield Problem("central.toml", "listen.port", str(central.listen.port), message)
