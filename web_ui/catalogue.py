"""The message catalogues: a folder a language, a TOML file a part of the house, and a voice that speaks from them.

A voice that is asked for pinyin also remembers how each sentence it said is read, from a table written by
hand (zh_ruby.toml): automatic readings take 还书 for "hái shū".
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale

from kiosk.pinyin import toned

LANGUAGES = ("zh", "en")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RUBY = re.compile(r"(.)\[([^\]]+)\]|\{(\w+)\}|(.)", re.DOTALL)

Message = str | dict[str, str]
Ruby = list[list[str]]


@cache
def _file(name: str) -> dict[str, Message]:
    text = files("web_ui.locale").joinpath(name).read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text)))


@cache
def _folder(language: str) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for name in sorted(f.name for f in files("web_ui.locale").joinpath(language).iterdir()):
        said = _file(f"{language}/{name}") if name.endswith(".toml") else {}
        twice = found.keys() & said.keys()
        assert not twice, (
            f"locale/{language}/{name} says again what another file says: {sorted(twice)}"
        )
        found |= said
    return found


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Message]]:
    """Nested tables as dotted keys; a table of plural forms is one message."""
    found: list[tuple[str, Message]] = []
    for name, value in table.items():
        plural = isinstance(value, dict) and "other" in value
        if isinstance(value, dict) and not plural:
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def messages(language: str) -> dict[str, Message]:
    """Every message of a language by its dotted key."""
    return _folder(language)


@cache
def ruby_marks() -> dict[str, str]:
    """The sentences of zh/station.toml with a reading after each character: 借[jiè]书[shū]."""
    return {key: str(marked) for key, marked in _file("zh_ruby.toml").items()}


def placeholders(message: Message) -> set[str]:
    """The names in braces, over all plural forms."""
    forms = message.values() if isinstance(message, dict) else [message]
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}


class Voice:
    """Says messages in one language: `voice("line.overdue", n=3)`. An unknown key is our own mistake.

    `n` chooses the plural form. A voice for young readers counts days instead of naming dates and, in Chinese,
    keeps in `rubies` the reading of each sentence it said, as pairs of (text, pinyin).
    """

    def __init__(self, language: str, *, young: bool = False) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._messages = messages(self.language)
        self.locale = Locale.parse(str(self._messages["name.babel"]))
        self.young = young
        self._pinyin = young and self.language == "zh"
        self.rubies: dict[str, Ruby] = {}

    def __call__(self, key: str, n: int | None = None, **values: Any) -> str:
        message = self._messages[key]
        if isinstance(message, dict):
            form = self.locale.plural_form(n if n is not None else 1)
            message = message.get(form, message["other"])
        if n is not None:
            values["n"] = n
        text = _PLACEHOLDER.sub(lambda m: str(values[m[1]]), message)
        if self._pinyin and key in ruby_marks():
            self.rubies[text] = self._read(ruby_marks()[key], values)
        return text

    def has(self, key: str) -> bool:
        return key in self._messages

    def template(self, key: str, name: str, **values: Any) -> str:
        """A message in which `{name}` stays open, for the page to fill in as time passes."""
        open_values: dict[str, Any] = {**values, name: "{" + name + "}"}
        return self(key, **open_values)

    def learn(self, text: str, pinyin: str) -> None:
        """Remember how a title is read: one syllable a character, parted by spaces; ignored where it does not fit."""
        syllables = pinyin.split()
        if self._pinyin and text and len(syllables) == len(text):
            self.rubies[text] = [
                [char, syllable if _is_han(char) else ""]
                for char, syllable in zip(text, syllables, strict=True)
            ]

    def learn_aloud(self, text: str) -> None:
        """Remember how a text of the library's own is read, such as a shelf's name: by rule, with our corrections."""
        if self._pinyin and text and text not in self.rubies:
            self.learn(text, toned(text))

    def _read(self, marked: str, values: dict[str, object]) -> Ruby:
        pairs: Ruby = []
        for char, reading, name, plain in _RUBY.findall(marked):
            if name:
                pairs += self._read_value(str(values[name]))
            else:
                pairs.append([char or plain, reading])
        return _joined(pairs)

    def _read_value(self, text: str) -> Ruby:
        """A value inside a sentence: said before by this voice, or a date or time, whose few characters are known."""
        if text in self.rubies:
            return self.rubies[text]
        return [[char, ruby_marks().get(f"date_character.{char}", "")] for char in text]


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char >= "\U00020000"


def _joined(pairs: Ruby) -> Ruby:
    """Neighbours without a reading, such as figures and signs, as one piece."""
    joined: Ruby = []
    for text, reading in pairs:
        if joined and not reading and not joined[-1][1]:
            joined[-1] = [joined[-1][0] + text, ""]
        else:
            joined.append([text, reading])
    return joined
