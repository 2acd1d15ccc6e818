"""What is wrong with a setting, as a code with values: English for files, any language for pages. PURE.

The English sentence stands where the mistake is found, as a template; a page has words of its own under the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, or a part of one. code "": there are no other words for it. A value may be a part itself."""

    code: str
    english: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.english.format_map(self.values) if self.values else self.english


def said(code: str, english: str, **values: object) -> Said:
    return Said(code, english, values)


def other(section: str, at: int) -> Said:
    """Another table of a list, which is told by its line once the text is at hand."""
    return said("another", "{section}[{at}]", section=section, at=at)


def either(words: Sequence[object]) -> Said:
    """One or more, parted by "or"."""
    parts = [word if isinstance(word, Said) else said("", str(word)) for word in words]
    return reduce(lambda a, b: said("or", "{a} or {b}", a=a, b=b), parts)
