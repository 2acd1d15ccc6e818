"""How long a copy waits on the hold shelf. PURE."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kiosk.calendar import Rules, next_open_day, zone


def keep_until(rules: Rules, at_ms: int, *, room: str) -> date:
    """The last day on which a copy that is set aside at this moment (UTC ms) waits: one on which somebody can come."""
    day = datetime.fromtimestamp(at_ms / 1000, zone(rules)).date()
    last = day + timedelta(days=rules.library.hold_shelf.days)
    return next_open_day(rules, last - timedelta(days=1), room=room) or last
