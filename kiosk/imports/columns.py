"""Which column is which, by its heading in Chinese or English. PURE."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Field -> headings, the more exact first: of two columns that fit, the one further in front is taken.
PATRONS: dict[str, tuple[str, ...]] = {
    "number": tuple(
        "学号 学籍号 工号 教工号 职工号 读者编号 读者号 编号 number id patronid patronnumber studentid studentnumber"
        " studentno userid".split()
    ),
    "card": tuple(
        "卡号 借书卡号 校园卡号 一卡通号 一卡通 借书证号 读者证号 借阅证号 证号 读者条码 读者条码号 条码号 条码 card"
        " cardnumber cardno barcode".split()
    ),
    "name": tuple(
        "姓名 读者姓名 学生姓名 教师姓名 名字 name fullname studentname patronname".split()
    ),
    "category": tuple(
        "读者类别 读者类型 类别 类型 身份 人员类别 category patroncategory patrontype type".split()
    ),
    "grade": tuple("年级 所在年级 入学年份 grade year gradelevel".split()),
    "class_name": tuple(
        "班级 所在班级 班 班级名称 部门 单位 class classname homeroom form department".split()
    ),
    "major": tuple("专业 所学专业 就读专业 专业名称 major programme program course".split()),
    "expires_on": tuple(
        "有效期 有效期至 有效期限 有效日期 失效日期 截止日期 到期日期 证件有效期 expires expireson expiry expirydate"
        " expirationdate validuntil".split()
    ),
}
CATALOGUE: dict[str, tuple[str, ...]] = {
    "barcode": tuple(
        "条码号 条码 图书条码 馆藏条码 图书条码号 条形码 登录号 登记号 个别登录号 财产号 图书编号 barcode"
        " itembarcode copybarcode accessionnumber accession".split()
    ),
    "title": tuple("题名 书名 正题名 图书名称 题名/书名 名称 刊名 title booktitle name".split()),
    "author": tuple(
        "责任者 作者 著者 著作者 第一责任者 主要责任者 编著者 author authors creator".split()
    ),
    "publisher": tuple("出版社 出版者 出版单位 publisher".split()),
    "year": tuple(
        "出版年 出版年份 出版日期 出版时间 year publicationyear pubyear publicationdate".split()
    ),
    "isbn": tuple("isbn isbn号 国际标准书号 标准书号 书号 isbn/issn isbn13".split()),
    "class_number": tuple(
        "分类号 中图分类号 中图法分类号 中图法 类号 图书分类号 classnumber classification class ddc"
        " dewey".split()
    ),
    "call_number": tuple("索书号 索取号 排架号 callnumber callno".split()),
    "book_number": tuple("种次号 书次号 著者号 booknumber".split()),
    "shelf": tuple("书架 书架号 架位 架号 架位号 排架位置 shelf shelflocation".split()),
    "room": tuple(
        "阅览室 藏书室 馆室 馆藏地点 馆藏地 馆藏位置 典藏地点 典藏地 room location branch".split()
    ),
    "copy_type": tuple(
        "馆藏类型 文献类型 图书类型 流通类型 流通类别 类型 copytype itemtype type".split()
    ),
    "state": tuple("馆藏状态 图书状态 流通状态 状态 state status".split()),
    "control": tuple("控制号 记录号 marc记录号 recordnumber controlnumber".split()),
    # What a station has no use for; the central record keeps it.
    "place": tuple("出版地 placeofpublication pubplace place".split()),
    "pages": tuple("页数 页码 载体形态 pages extent".split()),
    "price": tuple("定价 价格 单价 price".split()),
    "series": tuple("丛书 丛书名 丛编 series".split()),
    "subject": tuple("主题 主题词 关键词 subject subjects keywords".split()),
    "language": tuple("语种 语言 language lang".split()),
    "summary": tuple("内容提要 内容简介 摘要 简介 summary abstract".split()),
    "arrived_on": tuple(
        "到馆日期 入馆日期 入库日期 入藏日期 登记日期 验收日期 arrivedon arrived dateacquired dateadded".split()
    ),
    "source": tuple("来源 图书来源 文献来源 采购方式 source acquisition".split()),
    "donor": tuple("捐赠人 捐赠者 赠送人 赠书人 donor donatedby".split()),
    "paid": tuple("购入价 实洋 实价 paid copyprice".split()),
    # In files that the central record itself has written: the title's own name there.
    "title_id": tuple("题名编号 titleid".split()),
}
REQUIRED = {"patrons": (("number", "card"), ("name",)), "catalogue": (("barcode",), ("title",))}
FIELDS = {"patrons": PATRONS, "catalogue": CATALOGUE}

_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s_*＊:：.\-]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """The columns of a table: field -> column index; and headings that are not used."""

    columns: dict[str, int]
    unused: tuple[str, ...]


def plain_heading(text: str) -> str:
    """A heading without brackets, marks and case: "条码号（必填）*" is 条码号."""
    return _NOISE.sub("", _BRACKETS.sub("", unicodedata.normalize("NFKC", text))).casefold()


def heading_of(cells: Sequence[str], kind: str) -> Heading | None:
    """The columns if this row is the heading: every required field is there; else None."""
    names = [plain_heading(c) for c in cells]
    columns = {
        f: best for f, words in FIELDS[kind].items() if (best := _best(names, words)) is not None
    }
    if not all(any(f in columns for f in either) for either in REQUIRED[kind]):
        return None
    used = set(columns.values())
    unused = tuple(c.strip() for i, c in enumerate(cells) if c.strip() and i not in used)
    return Heading(columns, unused)


def missing(kind: str) -> str:
    """What a heading must have, for a message."""
    fields = FIELDS[kind]
    either = [" or ".join(f"{fields[f][0]} ({f})" for f in fs) for fs in REQUIRED[kind]]
    return ", and ".join(either)


def recognised(cells: Sequence[str], kind: str) -> int:
    """How many cells are headings that we know."""
    known: Mapping[str, tuple[str, ...]] = FIELDS[kind]
    words = {word for synonyms in known.values() for word in synonyms}
    return sum(plain_heading(c) in words for c in cells)


def _best(names: Sequence[str], words: tuple[str, ...]) -> int | None:
    for word in words:
        if word in names:
            return names.index(word)
    return None
