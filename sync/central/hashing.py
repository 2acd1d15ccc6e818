"""Passwords and PINs are kept as argon2 hashes. What nobody has takes as long to try as what somebody has."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LONGEST = 1_000
_hasher = PasswordHasher()
# Tried where there is nothing to try, so that the answer takes as long. The hash of a password that nobody has ever
# seen, written down since hashing at each start would hold every command up.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "GAsgp0va1Uos9CIkenr2qQ$eNJ614VGKpegdDLhs+V22lZmI/vm0glbnJ0pYv1e3XQ"
)


def hashed(secret: str) -> str:
    return _hasher.hash(secret)


def fits(kept: str | None, secret: str) -> bool:
    """Whether this is what was kept as a hash; None: nothing was, and that takes as long to say."""
    try:
        good = bool(_hasher.verify(_NOBODY if kept is None else kept, secret[:LONGEST]))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return good and kept is not None
