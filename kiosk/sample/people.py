"""Pupils and teachers of the sample school: made-up names, real shapes of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

GRADES = 6
CLASSES = 5
PUPILS_A_CLASS = 40
TEACHERS = 80

_NUMERALS = "零一二三四五六七八九"
# The commonest surnames first; about the share they have.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴" * 5
    + "徐孙胡朱高林何郭马罗" * 3
    + "梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)
_GIRLS = (
    "梓涵 雨桐 欣怡 诗涵 子涵 思琪 佳怡 可馨 雨萱 梦瑶 若曦 语嫣 一诺 依诺 心怡 雅静 晓雯 婉清 静怡 紫萱 "
    "嘉欣 思雨 雪儿 楚涵 芷若 沐晴 书瑶 清妍 安琪 佳宁 悦然 语桐 艺涵 钰涵 美琳 秋月 晨曦 小雨 婷 悦 颖 萌 瑶 琳"
).split()
_BOYS = (
    "浩然 子轩 宇轩 浩宇 俊杰 梓睿 子墨 宇航 博文 天佑 明轩 皓轩 睿渊 文博 煜城 鹏飞 嘉懿 建辉 思远 志强 "
    "泽宇 梓豪 一鸣 家豪 俊熙 承泽 景行 修远 知行 乐天 小川 晨阳 书恒 昊天 致远 弘毅 逸飞 向阳 磊 涛 凯 鑫 轩 航"
).split()
_TEACHERS = (
    "建国 秀英 丽华 志明 晓燕 伟 芳 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 文静 海燕 雪梅 "
    "晓东 国庆 红梅 立新 玉兰 春燕 永强 思敏 慧 莉 俊 宏"
).split()
_SUBJECTS = "语文组 数学组 英语组 科学组 音乐组 美术组 体育组 信息组 道德与法治组 图书馆".split()


@dataclass(frozen=True, slots=True)
class Special:
    """A person whom the demo points at. expires_on, blocked and card as in the tables."""

    key: str
    name: str
    grade: int | None
    class_no: int
    expires_on: date | None = None
    blocked: str | None = None
    card_state: str = "active"


SPECIALS = (
    Special("ordinary", "李小满", 3, 2),
    Special("fresh", "孙一鸣", 5, 2),
    Special("youngest", "王安安", 1, 1),
    Special("overdue", "张子轩", 5, 3),
    Special("full", "陈思远", 4, 1),
    Special("expired", "刘梦琪", 6, 4, expires_on=date(2026, 8, 31)),
    Special("lost", "赵依诺", 2, 5, card_state="lost"),
    Special("blocked", "黄俊杰", 4, 3, blocked="书页被剪坏，请找图书管理员"),
    Special("replaced", "周浩然", 5, 1),
    Special("waiting", "吴雨桐", 6, 2),
    Special("teacher", "林晓燕", None, 0),
)


@dataclass(frozen=True, slots=True)
class People:
    """Rows of `patrons` and `cards`, and who the special ones are: key -> patron id."""

    patrons: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    special: dict[str, str]


def make_people(dice: Random, categories: tuple[str, str], today: date) -> People:
    """1,200 pupils in 30 classes and 80 teachers; `categories`: the keys for pupils and for teachers."""
    people = People([], [], {})
    numbers = iter(dice.sample(range(1_000_000, 99_999_999), 2_000))
    school_year = today.year if today.month >= 8 else today.year - 1
    for grade in range(1, GRADES + 1):
        for class_no in range(1, CLASSES + 1):
            names = _class_names(dice, grade, class_no)
            for place, name in enumerate(names, 1):
                row = _pupil(grade, class_no, place, name, school_year)
                _add(people, row | {"category": categories[0]}, grade, class_no, numbers)
    for place, name in enumerate(_teacher_names(dice), 1):
        row = _teacher(place, name)
        _add(people, row | {"category": categories[1]}, None, 0, numbers)
    return people


def class_name(grade: int, class_no: int) -> str:
    """As a school writes it: 三年级2班."""
    return f"{_NUMERALS[grade]}年级{class_no}班"


def _add(
    people: People, row: dict[str, Any], grade: int | None, class_no: int, numbers: Any
) -> None:
    found = [s for s in SPECIALS if (s.name, s.grade, s.class_no) == (row["name"], grade, class_no)]
    state = "active"
    if found:
        special = found[0]
        people.special[special.key] = row["id"]
        row |= {"blocked": special.blocked, "expires_on": special.expires_on or row["expires_on"]}
        state = special.card_state
    people.patrons.append(row)
    people.cards.append(_card(next(numbers), row["id"], state))
    if found and found[0].key == "replaced":
        people.cards.append(_card(next(numbers), row["id"], "replaced"))


def _card(number: int, patron_id: str, state: str) -> dict[str, Any]:
    return {"number": f"{number:010d}", "patron_id": patron_id, "state": state}


def _pupil(grade: int, class_no: int, place: int, name: str, school_year: int) -> dict[str, Any]:
    return {
        "id": f"S{school_year - grade + 1}{class_no:02d}{place:02d}",
        "name": name,
        "grade": grade,
        "class_name": class_name(grade, class_no),
        "expires_on": date(school_year + GRADES - grade + 1, 7, 15),
        "blocked": None,
    }


def _teacher(place: int, name: str) -> dict[str, Any]:
    return {
        "id": f"T{place:03d}",
        "name": name,
        "grade": None,
        "class_name": _SUBJECTS[place % len(_SUBJECTS)],
        "expires_on": None,
        "blocked": None,
    }


def _class_names(dice: Random, grade: int, class_no: int) -> list[str]:
    """Forty different names, in the order of the roll; the special ones among them."""
    names = {s.name for s in SPECIALS if (s.grade, s.class_no) == (grade, class_no)}
    taken = {s.name for s in SPECIALS}
    while len(names) < PUPILS_A_CLASS:
        given = dice.choice(_GIRLS if len(names) % 2 else _BOYS)
        name = dice.choice(_SURNAMES) + given
        if name not in taken:
            names.add(name)
    return dice.sample(sorted(names), PUPILS_A_CLASS)


def _teacher_names(dice: Random) -> list[str]:
    names = {s.name for s in SPECIALS if s.grade is None}
    while len(names) < TEACHERS:
        names.add(dice.choice(_SURNAMES) + dice.choice(_TEACHERS))
    return sorted(names)
