"""Readings of titles and authors: pinyin with tones for the screen, without tones and first letters for search.

pypinyin takes 0.2 s to import, so it is imported when the first reading is asked for. Where it is wrong, the phrases
in `pinyin_phrases.txt` rule: they are laid over its answer, so they hold whatever words stand around them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PHRASES = Path(__file__).with_name("pinyin_phrases.txt")

# What stands for a space in `toned`, so that splitting at spaces gives exactly one token a character.
SPACE = "_"

# Letters an initial or a joined form is cut to; a child types no more, and the search index stays small.
INITIALS_MAX = 16
JOINED_MAX = 24

# NFKD parts ǖ into u, diaeresis, tone mark: only the diaeresis tells u and ü apart.
_KEPT_MARKS = "\u0308"
# Surnames that are read otherwise as words.
_SURNAMES = dict(
    pair.split(":")
    for pair in (
        "曾:zēng 单:shàn 仇:qiú 解:xiè 任:rén 华:huà 盖:gě 区:ōu 查:zhā 朴:piáo 覃:qín 葛:gě 缪:miào 折:shé "
        "翟:zhái 卜:bǔ 阚:kàn 占:zhān 过:guō 哈:hǎ 种:chóng 祭:zhài 员:yùn 燕:yān 那:nā"
    ).split()
)

_U_UMLAUT = re.compile("u\u0308")


class Piece(NamedTuple):
    """One Chinese character or one run of letters or digits. `plain`: letters typed for it, ü as v."""

    plain: str
    chinese: bool


def toned(text: str) -> str:
    """One token per character of `text`, parted by single spaces; "" where no character is Chinese.

    A Chinese character gives its syllable with the tone mark (`zhāng`), white space gives "_", every other
    character and a Chinese one without a known reading give themselves. len(toned(t).split(" ")) == len(t).
    """
    if not any(is_chinese(c) for c in text):
        return ""
    return " ".join(SPACE if s.isspace() else s for s in _syllables(text))


def name_toned(name: str) -> str:
    """A person's name in pinyin, a syllable for each character; "" where no character is Chinese.

    Surnames have readings of their own (曾 is zēng, not céng).
    """
    read = toned(name)
    if name[:1] in _SURNAMES and len(name) > 1:
        read = " ".join([_SURNAMES[name[0]], *read.split(" ")[1:]])
    return read.replace(SPACE, " ")


def ruby(text: str, pinyin: str) -> tuple[tuple[str, str], ...]:
    """Each character of `text` with the syllable to draw above it ("" above anything but Chinese).

    A `pinyin` that does not fit `text` token for token (corrected by hand, say) is not drawn at all.
    """
    tokens = pinyin.split(" ")
    if len(tokens) != len(text):
        return tuple((c, "") for c in text)
    return tuple(
        (c, t if is_chinese(c) and t != c else "") for c, t in zip(text, tokens, strict=True)
    )


def pieces(text: str, pinyin: str = "") -> tuple[Piece, ...]:
    """Read `text` as what is typed on a keyboard: a syllable per Chinese character, other runs in small letters."""
    tokens: Sequence[str] = pinyin.split(" ")
    if len(tokens) != len(text):
        tokens = _syllables(text)
    found: list[Piece] = []
    fresh = True
    for char, token in zip(text, tokens, strict=True):
        if is_chinese(char):
            found.append(Piece(plain(token), chinese=True))
            fresh = True
        elif char.isalnum():
            letter = plain(char)
            if fresh:
                found.append(Piece(letter, chinese=False))
            else:
                found[-1] = Piece(found[-1].plain + letter, chinese=False)
            fresh = False
        else:
            fresh = True
    return tuple(found)


def initials(text: str, pinyin: str = "") -> str:
    """First letters of the syllables (红楼梦: hlm); runs of letters and digits stay whole (100层: 100c)."""
    return "".join(p.plain[:1] if p.chinese else p.plain for p in pieces(text, pinyin))


def name_initials(name: str) -> str:
    """What is typed to find a person (曾小明: zxm, John Smith: johnsmith)."""
    return initials(name, name_toned(name))[:INITIALS_MAX]


def joined(text: str, pinyin: str = "") -> str:
    """All syllables without tones or spaces (红楼梦: hongloumeng), ü as v."""
    return "".join(p.plain for p in pieces(text, pinyin))


@lru_cache(maxsize=8_192)
def plain(syllable: str) -> str:
    """Letters without tone marks, small, ü as v (lǜ: lv)."""
    parts = unicodedata.normalize("NFKD", syllable.casefold())
    parts = _U_UMLAUT.sub("v", "".join(c for c in parts if c.isalnum() or c in _KEPT_MARKS))
    return "".join(c for c in parts if c.isalnum())


def is_chinese(char: str) -> bool:
    """Whether `char` is a Han character: the unified blocks, their extensions, and 〇."""
    return (
        "\u4e00" <= char <= "\u9fff"
        or "\u3400" <= char <= "\u4dbf"
        or "\U00020000" <= char <= "\U000323af"
        or "\uf900" <= char <= "\ufaff"
        or char == "\u3007"
    )


@lru_cache(maxsize=20_000)
def _syllables(text: str) -> tuple[str, ...]:
    found = _read(text)
    if len(found) != len(text):
        found = [_read(char)[0] for char in text]
    pattern, readings = _phrases()
    for match in pattern.finditer(text):
        found[match.start() : match.end()] = (
            readings.get(match.group()) or readings[match.group() + "$"]
        )
    return tuple(found)


def _read(text: str) -> list[str]:
    from pypinyin import Style, pinyin

    # `errors=list`: what is not Chinese comes back character by character, which the types do not foresee.
    return [s[0] for s in pinyin(text, style=Style.TONE, errors=list)]  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _phrases() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    readings: dict[str, list[str]] = {}
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words:
            chars = words[0].rstrip("$")
            assert len(chars) == len(words) - 1, f"{PHRASES.name}: one syllable a character: {line}"
            readings[words[0]] = words[1:]
    return re.compile("|".join(map(_regex, sorted(readings, key=len, reverse=True)))), readings


def _regex(phrase: str) -> str:
    """A phrase marked "$" counts only where a title, or its part before a bracket or colon, ends."""
    chars, mark, _ = phrase.partition("$")
    return re.escape(chars) + (r"(?=$|[（(：:—,，。！])" if mark else "")
