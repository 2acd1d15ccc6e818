"""What goes on one card or label, and what is left out and why. PURE."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One that is not printed: which, why, and what to do about it. code: the why for those who tell it in words."""

    what: str
    why: str
    remedy: str
    code: str = "unfit"

    def __str__(self) -> str:
        return f"{self.what}: {self.why}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class LabelText:
    """A copy as its label names it; `library` stands on every label."""

    barcode: str
    title: str
    call_number: str
    library: str

    def __str__(self) -> str:
        return f"{self.barcode}  {self.title}  {self.call_number}".rstrip()


@dataclass(frozen=True, slots=True)
class CardText:
    """A patron as the card names them. `heading`: what this card is called; `pinyin` "" if it is not wanted."""

    number: str
    name: str
    class_name: str
    pinyin: str
    library: str
    heading: str

    def __str__(self) -> str:
        return f"{self.number}  {self.name}  {self.class_name}".rstrip()
