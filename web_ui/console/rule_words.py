"""What is wrong with library.toml, told to a librarian: where, what stands there, and what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from config.rewriting import sections
from config.said import Said
from config.settings import Problem
from web_ui.catalogue import Voice

_PLACE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """where: the line and the field in the words of the forms. english: there are no other words for it yet."""

    where: str
    written: str
    what: str
    english: bool


def told_problem(problem: Problem, say: Voice) -> ToldProblem:
    line = say("console.rules.line", n=problem.line) if problem.line else ""
    where = " · ".join(part for part in (line, *_field(problem.key, say)) if part)
    written = " = ".join(part for part in (problem.key, problem.value) if part)
    return ToldProblem(where, written, *_what(problem.said, say))


def _what(message: Said, say: Voice) -> tuple[str, bool]:
    key = f"console.rules.why.{message.code}"
    if not message.code or not say.has(key):
        return str(message), True
    told = {name: _value(value, say) for name, value in message.values.items()}
    return say(key, None, **told), False


def _value(value: object, say: Voice) -> str:
    return _what(value, say)[0] if isinstance(value, Said) else str(value)


def _field(key: str, say: Voice) -> list[str]:
    """windows[1].to as the forms call it: the part, which of several, the field."""
    plain = _PLACE.sub("", key)
    inside = [one.name for one in sections() if f"{plain}.".startswith(f"{one.name}.")]
    section = max(inside, key=len, default="")
    name = section.replace(".", "_") or "top"
    told = [say(f"console.rules.section.{name}")]
    which = _PLACE.match(key.removeprefix(section)) if section else None
    if which:
        told.append(say("console.rules.nth", n=int(which[1]) + 1))
    field = plain.removeprefix(section).strip(".").partition(".")[0]
    words = (f"console.rules.field.{name}.{field}", f"console.rules.any.{field}")
    found = next((word for word in words if field and say.has(word)), "")
    if not section and not found:
        return []
    return [*told, say(found)] if found else told
