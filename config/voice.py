"""[[suggestions]] and [[complaints]] of library.toml: sentences for a reader to choose from. PURE."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.table import Many, Table

Said = Annotated[str, Field(min_length=1, max_length=40)]


class Sentence(Table):
    text: Said
    text_en: Annotated[str, Field(max_length=80)] = ""


# More do not fit on one screen with buttons for small fingers.
Sentences = Annotated[Many[Sentence], Field(max_length=6)]


class Voice(Table):
    """Both together: what is ready to be said: as a suggestion, and as a complaint."""

    suggestions: Sentences = ()
    complaints: Sentences = ()
