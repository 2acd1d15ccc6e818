"""Who may see the library's page: the school's own network. Elsewhere there is no such page."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Blueprint, Response, abort, g, request

from web_ui.catalogue import LANGUAGES
from web_ui.security import mark
from web_ui.words import words

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def guard_public(pages: Blueprint, networks: Sequence[str]) -> None:
    """Ask before each page from where it is asked for, and mark each answer."""
    known = [ip_network(one) for one in networks]

    @pages.before_request
    def _let_in() -> None:
        # This is the peer of the connection: waitress takes away what headers say of other addresses. Behind a proxy it
        # is the proxy; `central run --behind-proxy` therefore has no such page unless public.behind_proxy says that the
        # proxy keeps others out.
        asker = ip_address(request.remote_addr or "0.0.0.0")
        if isinstance(asker, IPv6Address) and asker.ipv4_mapped:
            asker = asker.ipv4_mapped
        g.language, g.asked_language = _language()
        g.say = words(g.language)
        if not any(asker in network for network in known):
            abort(404)

    @pages.after_request
    def _mark(response: Response) -> Response:
        mark(response, POLICY)
        response.headers["Vary"] = "Accept-Language"
        return response


def _language() -> tuple[str, str]:
    """The language to speak, and the one that the address asks for; "" where it asks for none."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked, asked
    return request.accept_languages.best_match(LANGUAGES, LANGUAGES[0]) or LANGUAGES[0], ""
