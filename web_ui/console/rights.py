"""One declaration a route: what right it takes, and how large a form it accepts. A route without one is shut."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app

from sync.central.roles import Right, may
from web_ui.console.signed import whoever

MAX_FORM_BYTES = 16 * 1024
View = Callable[..., Any]


def needs(right: Right, view: View, *, most_bytes: int = MAX_FORM_BYTES) -> View:
    """The view, marked with the right that it takes; the gate reads the mark before it is called."""

    @wraps(view)
    def marked(*told: object, **named: object) -> Any:
        return view(*told, **named)

    vars(marked).update(right=right, most_bytes=most_bytes)
    return marked


def right_of(app: Flask, endpoint: str | None) -> Right | None:
    """What an endpoint was declared to take; None where nobody has declared anything."""
    if endpoint is None:
        return Right.OPEN  # no such page: whoever asks is told so
    if endpoint.endswith(".static"):
        return Right.OPEN  # styles and scripts of our own
    return getattr(app.view_functions.get(endpoint), "right", None)


def most_bytes(app: Flask, endpoint: str | None) -> int:
    view = app.view_functions.get(endpoint or "")
    return int(getattr(view, "most_bytes", MAX_FORM_BYTES))


def opens(endpoint: str) -> bool:
    """Whether whoever is at the console may open this page; links to others are not shown."""
    right, here = right_of(current_app, endpoint), whoever()
    return right is not None and may(here.role if here else None, right)
