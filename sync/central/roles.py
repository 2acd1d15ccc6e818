"""Which role of a staff member has which right at the console; the only place where that is said."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a staff member is at the school's library."""

    LIBRARIAN = "librarian"
    ASSISTANT = "assistant"
    MAINTAINER = "maintainer"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a page of the console asks of whoever opens it.

    OPEN: nothing, before signing in too. SIGNED_IN: to be anybody at all. SEE: to look at people, books and cases.
    DESK: to act at the desk, for one person or copy. DECIDE: to settle cases, change many at once, erase, publish.
    DEVICES: to look after stations. STAFF: to say who may use the console.
    """

    OPEN = "open"
    SIGNED_IN = "signed_in"
    SEE = "see"
    DESK = "desk"
    DECIDE = "decide"
    DEVICES = "devices"
    STAFF = "staff"


_RIGHTS = {
    Role.LIBRARIAN: frozenset(Right),
    Role.ASSISTANT: frozenset((Right.SIGNED_IN, Right.SEE, Right.DESK, Right.DEVICES)),
    # Looks after machines, and has no business with what children read.
    Role.MAINTAINER: frozenset((Right.SIGNED_IN, Right.DEVICES)),
    Role.VIEWER: frozenset((Right.SIGNED_IN, Right.SEE)),
}


def may(role: str | None, right: Right) -> bool:
    """Whether this role (None: nobody has signed in) has the right. A role that is not known has none."""
    if right is Right.OPEN:
        return True
    return role in set(Role) and right in _RIGHTS[Role(str(role))]
