"""Forms of several fields, by Flask-WTF: labels and complaints in the words of the page's language.

    class Issue(FlaskForm):
        number = StringField(Said("console.people.new_number"), [needed(), at_most(60)])

A template draws it with Bootstrap-Flask's `render_form` or `render_field`. A button with a hidden field needs no form
of this kind: `token_field()` in console/parts.html is enough.
"""

from __future__ import annotations

from typing import Any

from flask import g
from wtforms.validators import DataRequired, Length


class Said:
    """A message that is said when the page is drawn, in the language of whoever sees it."""

    def __init__(self, key: str, **values: Any) -> None:
        self._key, self._values = key, values

    def __str__(self) -> str:
        return str(g.say(self._key, **self._values))

    def __mod__(self, _: object) -> str:
        # WTForms fills places into some of its messages; ours are whole.
        return str(self)


def needed() -> Any:
    """Something must be written, or chosen."""
    return DataRequired(message=Said("console.form.needed"))


def at_most(longest: int, *, least: int = 0) -> Any:
    """Between so many characters; the browser is told, too."""
    said = Said("console.form.length", least=least, longest=longest)
    return Length(min=least, max=longest, message=said)
