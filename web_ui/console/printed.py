"""Sheets to be printed at their actual size: pages of their own, whose places in millimetres stand in the page."""

from __future__ import annotations

from flask import Response, g

# No script and nothing from anywhere; only the styles that the page brings along.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def printed(html: str) -> Response:
    """The sheet as a page of the console."""
    g.policy = _POLICY
    return Response(html, mimetype="text/html")
