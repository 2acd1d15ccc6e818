"""library.toml as forms: what sections and fields it has, what stands in them, and the text with one section changed.

Everything that the form does not change stays as it was written, comments included. Whether the new text is a good
library.toml is not asked here: `parse_library` says that, of all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.library import Library

# Fields whose values are keys of another section.
_KEYS_OF = {
    "room": "rooms",
    "rooms": "rooms",
    "categories": "categories",
    "copy_types": "copy_types",
}
_PARTED = re.compile(r"[\s,，、]+")

Row = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One field: its key in the file, and what is written there.

    kind: "text", "number", "decimal", "date", "time", "yes_no", "choice" (one of `choices`), "choices" (some of them),
    "words" (a list of texts or numbers), "lines" (a list of sentences). keys_of: the section of whose keys they are.
    needed: it may not be left out. usual: what holds where it is left out, as text.
    """

    key: str
    kind: str
    choices: tuple[str, ...] = ()
    keys_of: str = ""
    needed: bool = False
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the file (name is dotted: "labels.sheet"), or, if `many`, a list of tables of one shape."""

    name: str
    many: bool
    shapes: tuple[Shape, ...]


@cache
def sections() -> tuple[Section, ...]:
    """Every section of library.toml in its order; the keys that stand above all tables are the section ""."""
    return tuple(_sections("", Library, many=False))


def section(name: str) -> Section:
    """Raises KeyError where there is none of this name."""
    return {one.name: one for one in sections()}[name]


def rows_of(text: str, name: str) -> list[dict[str, list[str]]]:
    """What stands in a section: a row a table, each field as texts. `text` is TOML (of a library.toml in force)."""
    wanted = section(name)
    found = _found(tomlkit.parse(text), wanted)
    return [{s.key: _told(table.get(s.key)) for s in wanted.shapes} for table in found]


def keys_in(text: str, name: str) -> list[str]:
    """The keys that the tables of a section are known by."""
    return [row["key"][0] for row in rows_of(text, name) if row.get("key")]


class WrittenOtherwise(ValueError):
    """The file writes this section in a way that a form cannot change, such as within braces; the text can."""


def rewritten(text: str, name: str, rows: Sequence[tuple[int | None, Row]]) -> str:
    """The text with these rows in the section, each with its place among the rows of before (None: a new one).

    What is "" or [] is left out; a value that cannot be read as its kind is written as it is, so that the check of the
    whole can name it. Raises WrittenOtherwise.
    """
    wanted, blocks = section(name), _blocks(text)
    ours = [at for at, block in enumerate(blocks) if block.name == name]
    if not ours and any(map(any, (row.values() for row in rows_of(text, name)))):
        raise WrittenOtherwise(name)
    if not ours:
        added = [_changed(_head(wanted), wanted, row) for _, row in rows]
        return "\n".join([text.rstrip("\n") + "\n", *added])
    old = [blocks[at] for at in ours]
    new = [_renewed(old, place, wanted, row) for place, row in rows]
    # What stands behind the last of them speaks of what follows.
    inner = "".join(map(str, new)).rstrip("\n") + "\n" if new else ""
    before = "".join(map(str, blocks[: ours[0]]))
    after = "".join(str(b) for at, b in enumerate(blocks) if at > ours[0] and at not in ours)
    return before + inner + old[-1].tail + after


def _renewed(old: Sequence[_Block], place: int | None, wanted: Section, row: Row) -> _Block:
    if place is None or not 0 <= place < len(old):
        return _Block(wanted.name, _changed(_head(wanted), wanted, row), "\n")
    tail = old[place].tail if place < len(old) - 1 else "\n"
    return _Block(wanted.name, _changed(old[place].own, wanted, row), tail)


@dataclass(frozen=True, slots=True)
class _Block:
    """A table as it is written: its head with its values, and the empty lines and comments behind them."""

    name: str
    own: str
    tail: str

    def __str__(self) -> str:
        return self.own + self.tail


_HEAD = re.compile(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?")


def _blocks(text: str) -> list[_Block]:
    gathered: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines(keepends=True):
        if head := _HEAD.match(line):
            gathered.append((head[1], []))
        gathered[-1][1].append(line)
    return [_block(name, lines) for name, lines in gathered]


def _block(name: str, lines: list[str]) -> _Block:
    end = len(lines)
    while end and lines[end - 1].strip()[:1] in ("", "#"):
        end -= 1
    return _Block(name, "".join(lines[:end]), "".join(lines[end:]))


def _head(wanted: Section) -> str:
    if not wanted.name:
        return ""
    return f"[[{wanted.name}]]\n" if wanted.many else f"[{wanted.name}]\n"


def _changed(block: str, wanted: Section, row: Row) -> str:
    """A block with these values. What it holds besides the section's own fields stays."""
    document = tomlkit.parse(block)
    (table,) = _found(document, wanted)
    _set_all(table, wanted, row)
    return tomlkit.dumps(document)


# --- the shapes ----------------------------------------------------------------------------------


def _sections(name: str, model: type[BaseModel], *, many: bool) -> list[Section]:
    shapes, below = [], []
    for field, told in model.model_fields.items():
        key = told.alias or field
        inner, listed = _bare(told.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            below += _sections(f"{name}.{key}" if name else key, inner, many=listed)
        else:
            shapes.append(_shape(key, told, inner, listed=listed))
    own = [Section(name, many, tuple(shapes))] if shapes else []
    return [*own, *below]


def _shape(key: str, told: FieldInfo, inner: Any, *, listed: bool) -> Shape:
    choices = tuple(map(str, get_args(inner))) if get_origin(inner) is Literal else ()
    keys_of = _KEYS_OF.get(key, "")
    if listed:
        kind = "choices" if choices or keys_of else "lines" if key == "back" else "words"
    elif choices or keys_of:
        kind = "choice"
    else:
        kind = _KINDS.get(inner, "text")
    usual = (
        "" if told.is_required() or told.default in (None, ()) else " ".join(_told(told.default))
    )
    return Shape(key, kind, choices, keys_of, told.is_required(), usual)


_KINDS = {bool: "yes_no", int: "number", float: "decimal", date: "date", time: "time"}


def _bare(annotation: Any) -> tuple[Any, bool]:
    """The type within Annotated, Optional and tuple; and whether it is a tuple of them."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(args[0])
    if origin in (Union, UnionType):
        return _bare(next(one for one in args if one is not type(None)))
    if origin is tuple:
        return _bare(args[0])[0], True
    return annotation, False


# --- reading and writing the file ----------------------------------------------------------------


def _found(document: Any, wanted: Section) -> list[Any]:
    if wanted.many:
        return list(document.get(wanted.name, []))
    here = document
    for step in wanted.name.split(".") if wanted.name else ():
        here = here.get(step, {})
    return [here]


def _told(value: Any) -> list[str]:
    """A value of the file as texts."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [one for each in value for one in _told(each)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, time):
        return [value.strftime("%H:%M")]
    return [str(value)] if str(value) else []


def _set_all(table: Any, wanted: Section, row: Row) -> None:
    for shape in wanted.shapes:
        texts = [text.strip() for text in row.get(shape.key, ()) if text.strip()]
        if shape.kind == "words":
            texts = [word for text in texts for word in _PARTED.split(text) if word]
        if texts == _told(table.get(shape.key)):
            continue
        if not texts and not (shape.needed and shape.key in table):
            table.pop(shape.key, None)
            continue
        # What is said behind a value stays there.
        table[shape.key] = _value(shape, texts)


def _value(shape: Shape, texts: list[str]) -> Any:
    if shape.kind in ("choices", "words", "lines"):
        return [_plain(text) for text in texts] if shape.key in _NUMBERED else texts
    text = texts[0] if texts else ""
    match shape.kind:
        case "yes_no":
            return text == "true"
        case "number" | "decimal":
            return _plain(text)
        case "date":
            try:
                return date.fromisoformat(text)
            except ValueError:
                return text
    return text


_NUMBERED = ("grades", "months")


def _plain(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
