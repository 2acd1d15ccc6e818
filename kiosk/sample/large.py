"""Large stores and files for measurements: made fast, the same for the same seed. The people and titles are made up."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from kiosk.pinyin import toned
from kiosk.sample.books import Entry, read_titles
from kiosk.store import schema
from kiosk.store.search import INSERT, index_rows
from kiosk.store.store import Store

COPIES_A_TITLE = 3
_STEP = 5_000
_WORDS = (
    "快乐 神秘 小小 奇妙 勇敢 会飞 彩色 远方 森林 海洋 星空 校园 春天 夏天 秋天 冬天 草原 沙漠 古老 未来 机器人 恐龙 "
    "小熊 兔子 狐狸 老虎 大象 乌龟 蚂蚁 蝴蝶 月亮 太阳 河流 高山 城市 村庄 火车 飞船 音乐 图画 诗歌 数学 地理 历史 生物"
).split()
_ENDS = "故事 历险记 日记 童话 的秘密 奇遇 的朋友 大冒险 百科 手册 旅行 传说 的孩子 图鉴 入门 选集".split()

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程"
_GIVEN = "一小明华强丽静雨文思建国志伟秀英玉兰春梅海燕晓东立新永红子涵欣怡浩然宇轩"


def big(
    store: Store,
    *,
    patrons: int = 10_000,
    copies: int = 100_000,
    titles: int | None = None,
    seed: int = 11,
) -> None:
    """Fill an empty store for measurements: three copies a title; card numbers and barcodes run from 1.

    titles: instead of as many as the copies need; the last of them have no copy then.
    """
    dice = Random(seed)
    _write_patrons(store, dice, patrons)
    rows = titles_of(seed, titles or -(-copies // COPIES_A_TITLE))
    barcodes = iter(range(1, copies + 1))
    first = 1
    while batch := list(islice(rows, _STEP)):
        made = [_title_row(n, entry) for n, entry in enumerate(batch, first)]
        owned = [_copy_row(b, t) for t in made for b in islice(barcodes, COPIES_A_TITLE)]
        _write_books(store, made, owned)
        first += len(batch)


def titles_of(seed: int, count: int) -> Iterator[Entry]:
    """The real titles of the sample school, then made-up ones, all different and by as many people as in real life."""
    dice, people = Random(seed), Random(seed + 1)
    real = read_titles()
    yield from real[:count]
    seen: set[str] = set()
    while len(seen) < count - len(real):
        name = "".join(dice.choices(_WORDS, k=dice.choice((2, 2, 3)))) + dice.choice(_ENDS)
        like = dice.choice(real)
        if name in seen:
            name += f"{dice.randrange(2, 10_000)}"
        if name not in seen:
            seen.add(name)
            author = people.choice(_SURNAMES) + "".join(people.choices(_GIVEN, k=2)) + " 著"
            yield Entry(name, author, like.class_number, "", "", "children", "book", 1)


def write_csv(path: Path, copies: int, *, seed: int = 11) -> None:
    """A catalogue as a school exports it: one line a copy, Chinese headings, UTF-8 with a byte-order mark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["条码号", "题名", "责任者", "出版社", "ISBN", "分类号", "索书号", "馆藏地点"])
        for barcode, n, entry in _copies(seed, copies):
            call_number = f"{entry.class_number}/{n}"
            place = [entry.isbn, entry.class_number, call_number, "3"]
            out.writerow([f"{barcode:08d}", entry.title, entry.author, entry.publisher, *place])


def write_cnmarc(path: Path, copies: int, *, seed: int = 11) -> None:
    """The same catalogue as CNMARC (ISO 2709, UTF-8): one record a title, one field 905 a copy."""
    from pymarc import Field, Indicators, Record, Subfield

    def field(tag: str, **subfields: str) -> Any:
        pairs = [Subfield(code, value) for code, value in subfields.items() if value]
        return Field(tag, Indicators(" ", " "), pairs)

    owned = _copies(seed, copies)
    with path.open("wb") as file:
        for n, entry in enumerate(titles_of(seed, -(-copies // COPIES_A_TITLE)), 1):
            record: Any = Record(force_utf8=True)
            record.add_field(
                Field("001", data=f"CAL{n:09d}"),
                field("010", a=entry.isbn, d="CNY20.00"),
                field("200", a=entry.title, f=entry.author),
                field("210", a="北京", c=entry.publisher or "人民文学出版社", d="2020"),
                field("690", a=entry.class_number, v="5"),
            )
            for barcode, _n, _entry in islice(owned, COPIES_A_TITLE):
                held = field("905", b=f"{barcode:08d}", d=entry.class_number, e=str(n), f="3")
                record.add_field(held)
            file.write(record.as_marc())


def _copies(seed: int, copies: int) -> Iterator[tuple[int, int, Entry]]:
    barcode = 0
    for n, entry in enumerate(titles_of(seed, -(-copies // COPIES_A_TITLE)), 1):
        for _ in range(COPIES_A_TITLE):
            barcode += 1
            if barcode > copies:
                return
            yield barcode, n, entry


def _write_patrons(store: Store, dice: Random, count: int) -> None:
    rows = [
        {
            "id": f"P{n:06d}",
            "name": dice.choice("王李张刘陈杨赵黄周吴") + dice.choice("一小明华强丽静雨文思"),
            "category": "student",
            "grade": n % 6 + 1,
            "class_name": f"{n % 40 + 1}班",
            "expires_on": date(2030, 7, 15),
            "blocked": None,
        }
        for n in range(1, count + 1)
    ]
    with store.begin() as tx:
        tx.conn.execute(schema.patrons.insert(), rows)
        held = [
            {"number": f"{n:010d}", "patron_id": r["id"], "state": "active"}
            for n, r in enumerate(rows, 1)
        ]
        tx.conn.execute(schema.cards.insert(), held)


def _write_books(store: Store, made: list[dict[str, Any]], owned: list[dict[str, Any]]) -> None:
    with store.begin() as tx:
        tx.conn.execute(schema.titles.insert(), made)
        tx.conn.exec_driver_sql(INSERT, index_rows(made))
        if owned:
            tx.conn.execute(schema.copies.insert(), owned)


def _title_row(n: int, entry: Entry) -> dict[str, Any]:
    return {
        "n": n,
        "id": f"T{n:06d}",
        "title": entry.title,
        "author": entry.author,
        "publisher": entry.publisher,
        "year": "2020",
        "class_number": entry.class_number,
        "isbn": entry.isbn,
        "pinyin": toned(entry.title),
    }


def _copy_row(barcode: int, title: dict[str, Any]) -> dict[str, Any]:
    return {
        "barcode": f"{barcode:08d}",
        "title_id": title["id"],
        "copy_type": "book",
        "state": "on_shelf",
        "shelf": "3",
        "room": "main",
        "call_number": f"{title['class_number']}/{title['n']}",
        "last_entry": None,
    }
