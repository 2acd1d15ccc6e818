"""The librarians' console as tests use it: over Flask's client, without scripts, forms with their tokens."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "paper-and-leaf"


class Console:
    """A browser without scripts: keeps the token of the last page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def signed_in(self, login: str = "li", **more: str) -> Console:
        assert sign_in(self.client, login, **more).status_code == 303
        self.see("/console/home")
        return self

    def see(self, path: str) -> str:
        page = self.client.get(path, follow_redirects=True).text
        self.token = token_in(page)
        return page

    def send(self, path: str, **form: str | list[str]) -> tuple[int, str]:
        """The status of the answer, and the page that is seen in the end."""
        told = self.client.post(path, data={"token": self.token, **form})
        seen = self.see(told.location) if told.status_code == 303 else told.text
        return told.status_code, seen


def token_in(page: str) -> str:
    """The token of the page's forms; "" where it has none."""
    found = re.search(r'name="token"[^>]* value="([^"]*)"', page)
    return found[1] if found else ""


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """What the sign-in page answers to these."""
    asked = client.get("/console/sign-in")
    told = {"token": token_in(asked.text), "login": login, "password": password, **more}
    return client.post("/console/sign-in", data=told)
