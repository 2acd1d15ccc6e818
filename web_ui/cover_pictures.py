"""Covers that librarians have put in, for whoever shows titles: by the hash of their content, so they never change.

Nobody need sign in: a cover is no secret, and its address is known only to who is told of it.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort

from sync.central.covers import picture
from sync.central.db import Database

_YEAR_S = 365 * 24 * 3600


def cover_pictures(db: Database) -> Blueprint:
    """`/covers/<school>/<hash>`: a JPEG that may be kept for ever."""
    pages = Blueprint("covers", __name__)

    @pages.get("/covers/<school>/<digest>")
    def cover(school: str, digest: str) -> Response:
        with db.read() as conn:
            found = picture(conn, school, digest)
        if found is None:
            abort(404)
        answer = Response(found, mimetype="image/jpeg")
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Content-Security-Policy"] = "default-src 'none'"
        return answer

    return pages
