"""Stock-taking in words: a stock-taking, a scan, a line of a list; rows in, sentences out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kiosk.isbn import isbn13
from sync.central.scope import Part
from sync.central.stocktaking import Taking, Verdict
from web_ui.console.shelving import Shelving
from web_ui.console.telling import Teller


@dataclass(frozen=True, slots=True)
class StockWords:
    """Tells in the language of `tell`."""

    tell: Teller
    shelving: Shelving

    def taking(self, one: Taking) -> dict[str, Any]:
        summed = one.sum
        return {
            "id": one.id,
            "name": one.name,
            "scope": self.shelving.scope(one.scope),
            "begun": self.tell.moment(one.begun_ms),
            "begun_by": self.tell.member(one.begun_by),
            "scanned": one.scanned,
            "sum": summed,
            "summed": self.tell.moment(summed.at_ms) if summed else "",
            "closed": self.tell.moment(one.closed_ms) if one.closed_ms is not None else "",
            "closed_by": self.tell.member(one.closed_by),
            "act": one.act,
        }

    def first_place(self, one: Taking) -> str:
        """Where whoever takes stock of one shelf stands."""
        scope = one.scope
        return f"{scope.room}/{scope.shelf}" if scope.kind is Part.SHELF else ""

    def row(self, row: Any) -> dict[str, Any]:
        """A scan, or a copy that was not found."""
        verdict = getattr(row, "verdict", "missing")
        home = self.shelving.place(row.room, row.shelf)
        at = self.shelving.place(row.at_room, row.at_shelf) if _scanned_at(row) else ""
        return {
            "barcode": row.barcode,
            "title": row.title or "",
            "title_id": row.title_id,
            "author": row.author or "",
            "call_number": row.call_number,
            "belongs": home,
            "at": at,
            "verdict": verdict,
            "told": self.said(row, verdict, home),
            "times": getattr(row, "times", 1),
            "when": self.tell.moment(row.at_ms) if hasattr(row, "at_ms") else "",
            "staff": self.tell.member(getattr(row, "staff", "")),
        }

    def said(self, row: Any, verdict: str, home: str) -> str:
        """What to do with the copy in the hand."""
        say = self.tell.say
        match verdict:
            case Verdict.UNKNOWN if isbn13(row.barcode):
                return say("console.stock.said.isbn")
            case Verdict.MISPLACED:
                return say("console.stock.said.misplaced", place=home, call=row.call_number or "-")
            case "missing":
                return ""
            case _:
                return say(f"console.stock.said.{verdict}")

    def cells(self, row: Any) -> list[str]:
        told = self.row(row)
        names = ("barcode", "title", "author", "call_number", "belongs", "at")
        return [told[name] for name in names]


def _scanned_at(row: Any) -> bool:
    return bool(getattr(row, "at_shelf", ""))
