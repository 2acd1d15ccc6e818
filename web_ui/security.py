"""Guards for pages that only this machine's own browser may open: host, origin, content type, size, headers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_BODY_BYTES = 64 * 1024


class BadBody(Exception):
    """The body of a request is not what this address takes; the message names the field and the remedy."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def guard(app: Flask, *, framed: bool = False, styles: tuple[str, ...] = ()) -> None:
    """Put every guard before and after each request. framed: our own pages may show this one in a frame.

    styles: the text of style elements that pages carry inside; they are allowed by their hash.
    """
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    policy = content_policy(framed=framed, styles=styles)

    @app.before_request
    def _check() -> None:
        check_host()
        check_site()
        if request.method == "POST":
            check_post()

    @app.after_request
    def _mark(response: Response) -> Response:
        return mark(response, policy)

    app.register_error_handler(BadBody, _bad_body)
    app.register_error_handler(HTTPException, _http_error)


def content_policy(
    *, framed: bool = False, styles: tuple[str, ...] = (), forms: bool = False
) -> str:
    """What a page may load. forms: it may send forms to where it came from."""
    hashes = "".join(f" '{style_hash(style)}'" for style in styles)
    ancestors = "'self'" if framed else "'none'"
    sends = "'self'" if forms else "'none'"
    return (
        f"default-src 'self'; style-src 'self'{hashes}; img-src 'self' data:; object-src 'none'; "
        f"base-uri 'none'; form-action {sends}; frame-ancestors {ancestors}"
    )


def style_hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def check_host() -> None:
    """A page of another site that points its name at this machine carries its own name in Host."""
    if host_name(request.environ.get("HTTP_HOST", "").lower()) not in LOOPBACK:
        abort(
            403,
            "this station answers only at http://127.0.0.1 on the machine itself; open it there",
        )


def check_site() -> None:
    site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
    if site == "cross-site" and mode != "navigate":
        abort(403, "another site may not use this station")


def check_post() -> None:
    origin = request.headers.get("Origin")
    if (
        origin is not None
        and origin.lower() != f"{request.scheme}://{request.environ['HTTP_HOST']}".lower()
    ):
        abort(403, "another site may not use this station")
    if request.mimetype != "application/json":
        raise BadBody("Content-Type must be application/json", 415)


def has_nul() -> bool:
    """Is there a NUL in the address or the form? Nobody types one; PostgreSQL takes no text with it, and would fail."""
    told = chain((request.view_args or {}).values(), _texts(request.args), _texts(request.form))
    return any(isinstance(text, str) and "\0" in text for text in told)


def _texts(told: MultiDict[str, str]) -> Iterator[str]:
    for name, values in told.lists():
        yield name
        yield from values


def mark(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # State must never come from a cache; scripts and styles are asked for again and answered with 304.
    static = request.endpoint is not None and request.endpoint.endswith("static")
    response.headers["Cache-Control"] = "no-cache" if static else "no-store"
    return response


def from_elsewhere() -> bool:
    """Whether a page of another site has sent this form."""
    origin = request.headers.get("Origin")
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    return elsewhere or (origin is not None and urlsplit(origin).netloc != request.host)


def json_body() -> dict[str, object]:
    """The body as a JSON object, or BadBody."""
    try:
        body = json.loads(request.get_data().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadBody("the body is not UTF-8; send JSON in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadBody('the body is not JSON; send an object such as {"text": "..."}') from error
    if not isinstance(body, dict):
        raise BadBody("the body must be a JSON object")
    return body


def text_field(body: dict[str, object], name: str, *, longest: int) -> str:
    """A text of the body, with lone surrogates made harmless."""
    value = body.get(name)
    if not isinstance(value, str):
        raise BadBody(f'"{name}" must be a text, such as "{name}": "..."')
    if len(value) > longest:
        raise BadBody(f'"{name}" has {len(value)} characters; at most {longest} are taken', 413)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _bad_body(error: BadBody) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, error.status


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 403:
        return Response(f"{error.description}\n", 403, mimetype="text/plain")
    response = Response(
        json.dumps({"error": error.description or error.name}), status, mimetype="application/json"
    )
    if isinstance(allowed := getattr(error, "valid_methods", None), list):
        response.headers["Allow"] = ", ".join(allowed)
    return response
