"""Who may see the library's page: the school's own network. Elsewhere there is no such page."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Blueprint, Response, abort, g, request

from config.central import Public
from web_ui.catalogue import LANGUAGES
from web_ui.rate import Rate
from web_ui.security import has_nul, mark
from web_ui.words import words

# Pages in ten minutes for one address: a class behind one address may look, a machine may not copy the catalogue.
PAGES = 1_200
# The longest form is a card number and a PIN.
MOST_BYTES = 2_048
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def guard_public(pages: Blueprint, public: Public, now_ms: Callable[[], int]) -> None:
    """Ask before each page from where it is asked for, and how often; mark each answer."""
    known = [ip_network(one) for one in public.networks]
    rate = Rate(PAGES)

    @pages.before_request
    def _let_in() -> None:
        g.language, g.asked_language = _language()
        g.say = words(g.language)
        # This is the peer of the connection, or whoever the one trusted proxy says that it asks for; the server takes
        # away what other headers say. A proxy that says nothing is nobody.
        asker = request.remote_addr or ""
        if asker == public.proxy or not any(_address(asker) in network for network in known):
            abort(404)
        if request.endpoint != "library.static" and not rate.allows(asker, now_ms()):
            abort(429)
        if request.method == "POST":
            # Before anything of the form is read.
            request.max_form_memory_size = MOST_BYTES
            if request.content_length is None or request.content_length > MOST_BYTES:
                abort(413)
        if has_nul():
            abort(400)

    @pages.after_request
    def _mark(response: Response) -> Response:
        mark(response, POLICY)
        response.headers["Vary"] = "Accept-Language"
        # Without a referrer browsers hide where a form came from.
        response.headers["Referrer-Policy"] = "same-origin"
        return response


def _address(asker: str) -> IPv4Address | IPv6Address:
    try:
        found = ip_address(asker)
    except ValueError:
        return IPv4Address(0)
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _language() -> tuple[str, str]:
    """The language to speak, and the one that the address asks for; "" where it asks for none."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked, asked
    return request.accept_languages.best_match(LANGUAGES, LANGUAGES[0]) or LANGUAGES[0], ""
