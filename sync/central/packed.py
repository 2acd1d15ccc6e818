"""A holding as a seal: the fold's state as JSON, to be gone on from."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic_core import from_json, to_json

from kiosk.domain import CopyState
from sync.central.read import key_of
from sync.events import Holding, Key, Mark, Span


def pack_holding(holding: Holding) -> str:
    """A seal as JSON."""

    told = {
        "loan": _span_out(holding.loan),
        "ended": _span_out(holding.ended),
        "state": holding.state.value,
        "lendable": holding.lendable,
        "kept_for": holding.kept_for,
        "place": holding.place,
        "seen_ms": holding.seen_ms,
        "mark": _mark_out(holding.mark),
        "last": str(holding.last) if holding.last else None,
    }
    return to_json(told).decode()


def unpack_holding(text: str) -> Holding:
    raw: dict[str, Any] = from_json(text)
    mark = raw["mark"]
    return Holding(
        loan=_span_in(raw["loan"]),
        ended=_span_in(raw["ended"]),
        state=CopyState(raw["state"]),
        lendable=raw["lendable"],
        kept_for=raw["kept_for"],
        place=raw["place"],
        seen_ms=raw["seen_ms"],
        mark=Mark(_key(mark[0]), mark[1], mark[2], mark[3]) if mark else None,
        last=key_of(raw["last"]),
    )


def _mark_out(mark: Mark | None) -> list[object] | None:
    return [str(mark.key), mark.lo, mark.hi, mark.holder] if mark else None


def _key(text: str) -> Key:
    key = key_of(text)
    assert key is not None, f"{text!r} was sealed as a key"
    return key


def _span_out(span: Span | None) -> list[object] | None:
    if span is None:
        return None
    return [
        str(span.opened_by), span.patron, span.opened_ms,
        span.due_on, span.renewals,
        str(span.closed_by) if span.closed_by else None, span.closed_ms, span.closed_lo, span.how,
        str(span.claimed_by) if span.claimed_by else None, span.claimed_ms,
    ]  # fmt: skip


def _span_in(raw: list[Any] | None) -> Span | None:
    if raw is None:
        return None
    # Seals of earlier releases know of no claims.
    whole = raw if len(raw) > 9 else [*raw, None, None]
    opened, patron, opened_ms, due_on, renewals, *ended = whole
    closed, closed_ms, closed_lo, how, claimed, claimed_ms = ended
    due = date.fromisoformat(due_on) if due_on else None
    return Span(
        _key(opened), patron, opened_ms, due, renewals, key_of(closed), closed_ms, closed_lo, how,
        key_of(claimed), claimed_ms,
    )  # fmt: skip
