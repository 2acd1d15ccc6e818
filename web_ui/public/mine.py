"""A reader's own page: the answer to a form with the number of a card and a PIN, and nothing that stays.

No cookie, no session, neither number nor PIN in an address. Nothing is changed by the form and no browser brings
anything along by itself, so there is no token in it; but another site may not try PINs with our readers' browsers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Response, abort, g, make_response, request

from config.central import Public
from sync.central.asked import give_back, is_first, may_try
from sync.central.db import Database
from sync.central.mine import mine
from sync.central.pins import come_in
from sync.central.tries import Refused
from web_ui.public.frame import at, of_school, page
from web_ui.security import from_elsewhere

# On a computer that others use, too, the page leaves by itself.
STANDS_S = 180
_TRIED = "pin"


class MinePage:
    """The views over one record. now_ms: the record's clock; sign_in_ms: what tries are timed by (UTC ms)."""

    def __init__(
        self,
        db: Database,
        now_ms: Callable[[], int],
        sign_in_ms: Callable[[], int],
        public: Public,
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._sign_in_ms = sign_in_ms
        self._school = public.school

    def form(self) -> str:
        return self._form()

    def show(self) -> Response | str | tuple[str, int]:
        if from_elsewhere():
            abort(403)
        asker, now_ms = request.remote_addr or "", self._sign_in_ms()
        with self._db.begin() as conn:
            allowed = may_try(conn, _TRIED, asker, now_ms)
            # Whoever comes next may go back and send the form of whoever was here.
            again = allowed and not is_first(conn, request.form.get("once", ""), now_ms)
            if again:
                give_back(conn, _TRIED, asker)
        if not allowed:
            return self._form(g.say("public.mine.often")), 429
        if again:
            return self._form(g.say("public.mine.again")), 409
        with self._db.read() as conn:
            school, name = of_school(conn, self._school)
        card, pin = request.form.get("card", ""), request.form.get("pin", "")
        told = come_in(self._db, school, card, pin, now_ms)
        if isinstance(told, Refused):
            return self._form(_why(told)), 403
        # A class that reads its accounts from one address is not taken for somebody who tries.
        with self._db.begin() as conn:
            give_back(conn, _TRIED, asker)
        with self._db.read() as conn:
            shown = mine(conn, school, told, self._now_ms())
        answer = make_response(page("mine", name, mine=shown, minutes=STANDS_S // 60))
        answer.headers["Refresh"] = f"{STANDS_S}; url={at('home')}"
        return answer

    def _form(self, why: str = "") -> str:
        with self._db.read() as conn:
            _, name = of_school(conn, self._school)
        return page("mine_form", name, why=why, once=secrets.token_hex(8))


def _why(refused: Refused) -> str:
    if not refused.locked_ms:
        return str(g.say("public.mine.wrong"))
    return str(g.say("public.mine.locked", n=-(-refused.locked_ms // 60_000)))
