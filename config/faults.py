"""From what pydantic objects to, to what a librarian should write instead. PURE.

A file is read in parts, so that one bad window does not hide what is wrong with the loan rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.said import Said, either, said

Place = tuple[int | str, ...]

ADVICE = {
    "int_type": "write a whole number without quotes, such as 3",
    "int_from_float": "write a whole number, such as 3",
    "float_type": "write a number without quotes, such as 63.5",
    "float_parsing": "write a number without quotes, such as 63.5",
    "finite_number": "write a number, such as 63.5",
    "bool_type": "write true or false, without quotes",
    "string_type": "write text in quotes",
    "date_type": "write a date such as 2026-09-01",
    "date_from_datetime_inexact": "write a date without a time, such as 2026-09-01",
    "time_type": 'write a time of day such as "11:30"',
    "tuple_type": "write a list in square brackets",
    "string_too_short": "write at least one character",
    "string_pattern_mismatch": "write lower-case letters, digits and hyphens, beginning with a letter",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: dotted key, what stands there (None: nothing does), what to write."""

    key: str
    value: object
    message: Said


@dataclass(frozen=True, slots=True)
class Parts:
    """What could be read of a file. Lists of tables keep the place of each table: {place: table}."""

    tables: Mapping[str, Any]
    lists: Mapping[str, Mapping[int, Any]]
    raw: Mapping[str, Any]

    def whole(self, section: str) -> bool:
        """Whether every table of a list could be read; if not, a missing one may be the bad one."""
        rows = self.raw.get(section, [])
        return isinstance(rows, list) and len(rows) == len(self.lists[section])

    def known(self, section: str) -> list[str]:
        """The keys that a list of tables names, those of tables with other faults included."""
        rows = self.raw.get(section, [])
        rows = rows if isinstance(rows, list) else []
        return [str(row["key"]) for row in rows if isinstance(row, dict) and "key" in row]


def read_parts(model: type[BaseModel], raw: dict[str, Any]) -> tuple[Parts, list[Fault]]:
    """What is good in the file, and everything wrong with its shape."""
    found = _errors(model, raw)
    faults = [_fault(model, raw, error) for error in found]
    trimmed = deepcopy(raw)
    for error in found:
        if error["type"] == "extra_forbidden":
            _drop(trimmed, error["loc"])
    bad = {error["loc"][:2] for error in found if error["type"] != "extra_forbidden"}
    tables: dict[str, Any] = {}
    lists: dict[str, dict[int, Any]] = {}
    for name, field in model.model_fields.items():
        inner = table_in_list(field.annotation)
        spoilt = any(place[0] == name for place in bad)
        if inner:
            rows = trimmed.get(name, [])
            rows = rows if isinstance(rows, list) else []
            good = {at: row for at, row in enumerate(rows) if (name, at) not in bad}
            lists[name] = {at: inner.model_validate(row) for at, row in good.items()}
        elif not spoilt and name in trimmed:
            table = _table(field.annotation)
            tables[name] = table.model_validate(trimmed[name]) if table else trimmed[name]
        elif not spoilt:
            tables[name] = field.get_default(call_default_factory=True)
    return Parts(tables, lists, raw), faults


def table_in_list(annotation: Any) -> type[BaseModel] | None:
    """The table of a list of tables."""
    inner = get_args(annotation)[:1]
    return _table(inner[0]) if inner else None


def shown(value: object) -> str:
    """A value as it would stand in the file, cut to one short line."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case date() | time():
            text = value.isoformat()
        case dict():
            text = "{" + ", ".join(f"{k} = {shown(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            text = "[" + ", ".join(shown(v) for v in value) + "]"
        case str():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def meant(word: str, choices: list[str], *, least: float = 0.6) -> Said:
    """The nearest of the choices as a question, if it is as near as `least` (0 to 1), or all of them."""
    near = get_close_matches(word, choices, n=1, cutoff=least)
    if near:
        return said("did_you_mean", 'did you mean "{word}"?', word=near[0])
    if not choices:
        return said("none_to_name", "there are none to name")
    return said("one_of", "write one of: {words}", words=", ".join(choices))


def dotted(place: Place) -> str:
    """("windows", 1, "to") as windows[1].to."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _errors(model: type[BaseModel], raw: dict[str, Any]) -> list[ErrorDetails]:
    try:
        model.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        return [found for found in error.errors(include_url=False) if not _echo(found)]
    return []


def _echo(error: ErrorDetails) -> bool:
    """A list whose only rows are bad is called too short as well; the bad rows say it better."""
    return error["type"] == "too_short" and bool(error["input"])


def _fault(model: type[BaseModel], raw: dict[str, Any], error: ErrorDetails) -> Fault:
    place, kind = error["loc"], error["type"]
    value = None if kind == "missing" else error["input"]
    return Fault(dotted(place), value, _advice(model, place, kind, error))


def _advice(model: type[BaseModel], place: Place, kind: str, error: ErrorDetails) -> Said:
    limits = error.get("ctx", {})
    name = str(place[-1])
    match kind:
        case "extra_forbidden":
            hint = meant(name, _keys_at(model, place[:-1]))
            return said("no_key", "there is no such key here; {hint}", hint=hint)
        case "missing":
            return said("missing", "this key is missing; {hint}", hint=_wanted(model, place))
        case "literal_error":
            choices = str(limits["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
            return meant(str(error["input"]), choices)
        case "greater_than_equal":
            return said("at_least", "write {least} or more", least=limits["ge"])
        case "less_than_equal":
            return said("at_most", "write {most} or less", most=limits["le"])
        case "string_too_long":
            longest = limits["max_length"]
            return said("characters", "write at most {longest} characters", longest=longest)
        case "too_short":
            return said("one", "write at least one")
        case "too_long":
            return said("too_many", "write at most {most} of them", most=limits["max_length"])
        case "value_error":
            why = limits["error"].args[0]
            return why if isinstance(why, Said) else said("", str(why))
        case "model_type" | "model_attributes_type":
            told = "write a table, [{place}], with a line for each key"
            return said("table", told, place=dotted(place))
        case "tuple_type" if isinstance(error["input"], dict):
            told = "write [[{name}]] with two brackets on each side: it is a list of tables"
            return said("brackets", told, name=name)
        case _:
            return said(kind, ADVICE[kind]) if kind in ADVICE else said("", error["msg"])


def _wanted(model: type[BaseModel], place: Place) -> Said:
    """What to write where a key is missing."""
    owner = _model_at(model, place[:-1])
    fields = {f.alias or n: f for n, f in owner.model_fields.items()} if owner else {}
    field = fields.get(str(place[-1]))
    if field is None:
        return _line(f"{place[-1]} = ...")
    if table_in_list(field.annotation):
        return said("one_table", "write at least one [[{name}]]", name=place[-1])
    if _table(field.annotation):
        return _line(f"[{place[-1]}]")
    if get_origin(field.annotation) is Literal:
        choices = either([shown(choice) for choice in get_args(field.annotation)])
        return said("write_either", "write {name} = {choices}", name=place[-1], choices=choices)
    kinds = {int: "3", float: "63.5", date: "2026-09-01", time: '"11:30"', str: '"..."'}
    example = next((text for kind, text in kinds.items() if field.annotation is kind), '["..."]')
    return _line(f"{place[-1]} = {example}")


def _line(text: str) -> Said:
    return said("write_line", "write {line}", line=text)


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    owner = _model_at(model, place)
    return [f.alias or n for n, f in owner.model_fields.items()] if owner else []


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The table that owns the keys at a place."""
    here: type[BaseModel] | None = model
    for step in place:
        if isinstance(step, int) or here is None:
            continue
        annotation = here.model_fields[step].annotation if step in here.model_fields else None
        here = table_in_list(annotation) or _table(annotation)
    return here


def _table(annotation: Any) -> type[BaseModel] | None:
    is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_table else None


def _drop(raw: Any, place: Place) -> None:
    for step in place[:-1]:
        raw = raw[step]
    del raw[place[-1]]
