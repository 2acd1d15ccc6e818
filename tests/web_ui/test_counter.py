"""The counter's pages over a real record, without scripts: what is scanned, done, refused, set aside, taken back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from kiosk.domain import Act, CopyState, Reason
from sync.central.catalogue_search import index_titles
from sync.central.cli_pages import make_app
from sync.central.db import Database, insert_many
from sync.central.people import PAGE
from sync.central.schema import cards, holds, patrons
from sync.central.staff import add_staff
from tests.central.counter import DAY, HOUR, MINUTE, desk, kept, lent, loan, open_counter, written
from tests.central.fleet import SCHOOL
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD, Console
from web_ui.catalogue import LANGUAGES, messages

AT = "/console/circulation"
EVENING = 7 * HOUR


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The school as a file, made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("made")
    db = sqlite_record(folder)
    open_counter(db)
    with db.begin() as conn:
        index_titles(conn, SCHOOL, ["t1", "t9"])
        add_staff(conn, SCHOOL, "wu", "wu老师", "assistant", PASSWORD)
        add_staff(conn, SCHOOL, "zhao", "赵老师", "viewer", PASSWORD)
        numbers = (("2026000001", "ming"), ("2026000002", "hua"))
        rows = [{"school": SCHOOL, "number": n, "patron_id": p} for n, p in numbers]
        insert_many(conn, cards, [{**row, "state": "active"} for row in rows])
        named = (("ming", "王小明", "wxm"), ("hua", "王小华", "wxh"), ("lan", "李兰", "ll"))
        for who, name, letters in named:
            told = {"name": name, "initials": letters}
            conn.execute(update(patrons).where(patrons.c.id == who).values(**told))
    db.close()
    return folder / "central.db"


@pytest.fixture
def record(made, tmp_path, clock):
    clock.ms = NOON
    shutil.copy(made, tmp_path / "central.db")
    db = Database(f"sqlite:///{tmp_path}/central.db")
    yield db
    db.close()


@pytest.fixture
def console(record, clock):
    return Console(make_app(record, clock, sign_in_ms=lambda: NOON).test_client()).signed_in("wu")


def heads(page: str) -> list[str]:
    """What the lines of the page say first, the newest in front."""
    return re.findall(r'id="act-\d+"><b>([^<]*)</b>', page)


def key_of(page: str) -> str:
    found = re.search(r'name="entry" value="([^"]*)"', page)
    assert found, page
    return found[1]


def scan(console: Console, text: str, patron: str = "ming") -> str:
    return console.send(f"{AT}/patron/{patron}/scan", text=text)[1]


@pytest.mark.parametrize("text", ["2026000001", "ming", "王小明", "wxm", " WXM "])
def test_a_card_a_number_a_name_or_its_first_letters_lead_to_the_patron(console, text):
    assert "<h1>王小明</h1>" in console.see(f"{AT}/?q={text}")


def test_of_several_one_is_chosen_and_nobody_is_told(console):
    page = console.see(f"{AT}/?q=wx")
    assert re.findall(rf'<a href="{AT}/patron/(\w+)">', page) == ["hua", "ming"]
    assert "没有找到“李小”" in console.see(f"{AT}/?q=李小")
    assert "书店的条码" in console.see(f"{AT}/?q=9787020024759")
    assert "《西游记》（20001）" in console.see(f"{AT}/?q=20001")
    assert "<script>x" not in console.see(f"{AT}/?q=<script>x")


def test_many_people_of_one_name_are_not_all_shown(console, record):
    rest = {"category": "student", "grade": 3, "class_name": "三年级1班"}
    none = {"expires_on": None, "blocked": None, "gone_ms": None, "initials": "zs"}
    rows = [{"school": SCHOOL, "id": f"z{n}", "name": "张三", **rest, **none} for n in range(PAGE)]
    with record.begin() as conn:
        insert_many(conn, patrons, rows)
    page = console.see(f"{AT}/?q=zs")
    assert len(re.findall(rf'<a href="{AT}/patron/z\d+">', page)) == 20
    assert "请多写几个字" in page


def test_books_are_lent_and_taken_back_by_scanning_alone(console, record, clock):
    console.see(f"{AT}/patron/ming")
    assert heads(scan(console, "20001")) == ["借出了，12月9日前还"]
    clock.ms += MINUTE
    page = scan(console, "20002")
    assert heads(page) == ["借出了，12月9日前还", "借出了，12月9日前还"]
    assert "还可以借 1 本" in page
    assert lent(record) == {"20001": "ming", "20002": "ming"}
    # Another card: whoever it is of stands here now.
    assert "<h1>王小华</h1>" in scan(console, "2026000002")
    clock.ms += MINUTE
    page = scan(console, "20001", "hua")
    assert heads(page) == ["还好了，王小明借的"]
    assert "借给王小华" in page
    clock.ms += MINUTE
    scan(console, "20001", "hua")
    assert lent(record) == {"20001": "hua", "20002": "ming"}
    assert "<h1>借书</h1>" in scan(console, "CMD-FINISH", "hua")


def test_a_refusal_says_why_and_a_reason_sets_it_aside(console, record, clock):
    clock.ms += EVENING
    console.see(f"{AT}/patron/ming")
    page = scan(console, "20001")
    assert heads(page) == ["没有借"]
    assert "不在借还时间，下次 明天 11:30" in page
    told = {"act": "checkout", "barcode": "20001", "beyond": "1"}
    _, page = console.send(f"{AT}/patron/ming/act", **told, why="  ", until="")
    assert "请写明原因" in page
    _, page = console.send(f"{AT}/patron/ming/act", **told, why="补借", until="2026-11-01")
    assert "不能早于今天" in page
    assert lent(record) == {}
    _, page = console.send(f"{AT}/patron/ming/act", **told, why="补借", until="2026-11-27")
    assert heads(page) == ["借出了，11月27日前还", "没有借"]
    assert "不按规则办的，原因：补借" in page
    assert written(record)[-1].override == "补借"


def test_a_reason_may_stand_for_the_next_books_and_for_nothing_else(console, record, clock):
    clock.ms += EVENING
    console.see(f"{AT}/patron/ming")
    scan(console, "20001")
    told = {"act": "checkout", "barcode": "20001", "beyond": "1", "standing": "1"}
    _, page = console.send(f"{AT}/patron/ming/act", **told, why="家长来取")
    assert "遇到“不在借还时间”照样办，原因是“家长来取”" in page
    stands = dict(re.findall(r'type="hidden" name="(why|for)" value="([^"]*)"', page))
    assert stands == {"why": "家长来取", "for": "window_closed"}
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/patron/ming/scan", text="20002", **stands)
    assert heads(page)[:2] == ["借出了，12月9日前还", "没有借"]
    # The reference book is refused for another reason, too: that one nobody has set aside.
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/patron/ming/scan", text="20009", **stands)
    assert heads(page)[0] == "没有借"
    assert "这本只能在馆里看" in page
    assert lent(record) == {"20001": "ming", "20002": "ming"}


def test_what_cannot_be_offers_no_way_around(console, clock):
    console.see(f"{AT}/patron/ming")
    scan(console, "20001")
    clock.ms += MINUTE
    page = scan(console, "20001")
    assert heads(page)[0] == "没有借"
    assert "这本已经在这位读者名下" in page
    assert "不按规则办" not in page
    assert "不认识的条码：99999" in scan(console, "99999")


def test_returns_without_a_patron_say_from_whom_and_where_to_put_it(console, record, clock):
    desk(record, "scan", "ming", "20001", at=-22 * DAY)
    desk(record, "place_hold", "t1", "hua", at=-DAY)
    console.see(f"{AT}/returns")
    _, page = console.send(f"{AT}/returns", text="20001")
    assert heads(page) == ["还好了，王小明借的"]
    for word in ("已过期", "放到预约架：王小华在等"):
        assert word in page, word
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/returns", text="20009")
    assert heads(page)[0] == "还好了"
    assert "本来没有借出记录" in page
    assert "放回：工具书架" in page
    assert "<h1>王小华</h1>" in console.send(f"{AT}/returns", text="2026000002")[1]
    assert kept(record) == {"hua": ("20001", True)}


def test_an_act_is_taken_back_by_one_button_and_not_twice(console, record, clock):
    console.see(f"{AT}/patron/ming")
    page = scan(console, "20001")
    key = key_of(page)
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/undo", entry=key, patron="ming")
    assert (heads(page)[0], lent(record)) == ("借出撤回了，书回到架上", {})
    _, page = console.send(f"{AT}/undo", entry=key, patron="ming")
    assert "不能撤回了" in page
    _, page = console.send(f"{AT}/undo", entry="s1:1:1")
    assert "不能撤回了" in page


def test_loans_are_renewed_one_by_one_and_all_at_once(console, record, clock):
    for n, barcode in enumerate(("20001", "20002")):
        desk(record, "scan", "ming", barcode, at=-5 * DAY + n * MINUTE)
    console.see(f"{AT}/patron/ming")
    _, page = console.send(f"{AT}/patron/ming/act", act="renewal", barcode="20001")
    assert heads(page) == ["续借好了，12月9日前还"]
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/patron/ming/act", act="renew_all", barcode="")
    assert len(heads(page)) == 2
    assert "续借次数已用完" in page
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/patron/ming/act", act="checkin", barcode="20001")
    assert heads(page)[0] == "还好了，王小明借的"
    assert console.send(f"{AT}/patron/ming/act", act="burn", barcode="20001")[0] == 400
    page = console.see(f"{AT}/patron/ming/slip")
    assert ("西游记" in page, "20002" in page, "20001" in page) == (True, True, False)


def test_what_stands_on_the_account_is_told(console, record, clock):
    desk(record, "scan", "ming", "20002", at=-22 * DAY)
    desk(record, "block", "ming", "欠一本书", at=-DAY)
    desk(record, "card_state", "2026000001", "lost", at=-DAY)
    desk(record, "place_hold", "t1", "hua", at=-DAY)
    desk(record, "give_back", "20001", at=-HOUR)
    page = console.see(f"{AT}/?q=2026000001")
    for word in ("已停借：欠一本书", "这张证已经挂失", "有 1 本过期", "过期 8 天", "现在不能再借"):
        assert word in page, word
    page = console.see(f"{AT}/patron/hua")
    assert "预约架上有：西游记（20001），保留到 12月2日" in page


def waits(db: Database, patron: str) -> str:
    with db.read() as conn:
        return conn.execute(select(holds.c.id).where(holds.c.patron_id == patron)).scalar_one()


def test_a_hold_is_placed_from_everywhere_and_cancelled(console, record, clock):
    console.see(f"{AT}/patron/ming")
    own = {"patron": "ming", "back": "patron"}
    _, page = console.send(f"{AT}/holds", **own, text="20001")
    assert "排第 1" in page
    clock.ms += MINUTE
    _, page = console.send(f"{AT}/holds", title="t1", who="wxh", back="title")
    assert "预约好了" in page
    assert "2. " in page
    for form, said in (
        ({"title": "t1", "who": "王小华", "back": "title"}, "已经在等这种书"),
        ({"title": "t1", "who": "谁", "back": "title"}, "没有找到这位读者"),
        ({"who": "lan", "text": "nothing"}, "没有找到这种书"),
    ):
        status, page = console.send(f"{AT}/holds", **form)
        assert (status, said in page) == (303, True), (form, page)
    page = console.send(f"{AT}/holds", title="t1", who="wx", back="title")[1]
    assert "是哪一位" in page
    _, page = console.send(f"{AT}/holds", text="xhzd", who="李兰")
    assert "新华字典" in page
    console.send(f"{AT}/holds/{waits(record, 'lan')}/end")
    assert kept(record) == {"ming": (None, True), "hua": (None, True), "lan": (None, False)}
    page = console.see(f"{AT}/holds?list=waiting")
    assert "有 2 本，去取" in page
    ends = re.findall(rf'action="({AT}/holds/\w+/end)"', page)
    _, page = console.send(ends[0], list="waiting")
    assert "预约取消了" in page
    assert kept(record)["ming"] == (None, False)
    assert "这个预约已经结束了" in console.send(ends[0], list="waiting")[1]


def test_the_hold_shelf_is_listed_and_what_is_late_goes_to_the_next(console, record, clock):
    desk(record, "place_hold", "t1", "hua", at=-DAY)
    desk(record, "place_hold", "t1", "lan", at=-DAY + MINUTE)
    desk(record, "give_back", "20001")
    page = console.see(f"{AT}/holds")
    assert ("12月2日" in page, "让给下一位" in page) == (True, False)
    clock.ms += 8 * DAY
    page = console.see(f"{AT}/holds")
    assert "1 本过期了，都让给下一位" in page
    _, page = console.send(f"{AT}/holds/expire")
    assert "让出来了" in page
    assert kept(record) == {"hua": (None, False), "lan": ("20001", True)}
    assert [e.staff for e in written(record) if e.act is Act.HOLD][-2:] == ["wu", None]
    assert "已经有了新的记录" in console.see(f"{AT}/holds?list=expired")
    end = re.findall(rf'action="({AT}/holds/\w+/end)"', console.see(f"{AT}/holds"))[0]
    console.send(end, how="expired")
    assert "请放回书架" in console.see(f"{AT}/holds?list=expired")


def test_a_claim_is_noted_looked_into_and_settled(console, record, clock):
    desk(record, "scan", "ming", "20001", at=-22 * DAY)
    console.see(f"{AT}/patron/ming")
    status, page = console.send(f"{AT}/claims/", barcode="20001")
    assert (status, "请到架上找一找" in page, "王小明：借出" in page) == (303, True, True)
    page = console.see(f"{AT}/claims/")
    assert ("《西游记》（20001）" in page, "架位 1" in page) == (True, True)
    assert "说还过了" in console.see(f"{AT}/overdue")
    clock.ms += DAY
    _, page = console.send(f"{AT}/claims/settle", barcode="20001", choice="found")
    assert "按说还的那天算还" in page
    assert (lent(record), loan(record, "20001").closed_ms) == ({}, NOON)
    clock.ms += MINUTE
    assert "撤回了" in console.send(f"{AT}/claims/undo", entry=key_of(page))[1]
    assert lent(record) == {"20001": "ming"}
    assert "请再看一遍" in console.send(f"{AT}/claims/settle", barcode="20002", choice="lost")[1]
    assert console.send(f"{AT}/claims/settle", barcode="20001", choice="burnt")[0] == 400


def test_what_is_overdue_is_listed_by_class_and_for_longest_first(console, record):
    desk(record, "scan", "ming", "20001", at=-22 * DAY)
    desk(record, "scan", "hua", "20002", at=-21 * DAY)
    with record.begin() as conn:
        conn.execute(update(patrons).where(patrons.c.id == "hua").values(class_name="四年级1班"))
    page = console.see(f"{AT}/overdue")
    assert re.findall(r'<th scope="row"><a[^>]*>(\w+)</a>', page) == ["王小明", "王小华"]
    assert page.count("1 本 · 1 人") == 2
    page = console.see(f"{AT}/overdue?class=四年级1班")
    assert re.findall(r'<th scope="row"><a[^>]*>(\w+)</a>', page) == ["王小华"]
    assert "过期 7 天" in page


def test_a_viewer_looks_at_lists_and_does_nothing(record, clock):
    desk(record, "place_hold", "t1", "hua", at=-DAY)
    client = make_app(record, clock, sign_in_ms=lambda: NOON).test_client()
    console = Console(client).signed_in("zhao")
    page = console.see(f"{AT}/holds?list=waiting")
    assert ("王小华" in page, 'action="/console/circulation/holds' in page) == (True, False)
    assert console.client.get(f"{AT}/patron/ming").status_code == 403
    for path in ("holds", "claims/", "returns", "undo", "patron/ming/act"):
        assert console.send(f"{AT}/{path}", text="20001", barcode="20001")[0] == 403, path
    assert [e.act for e in written(record)] == [Act.HOLD]


def test_english_pages_have_no_chinese_of_ours(console, record):
    desk(record, "scan", "ming", "20001", at=-22 * DAY)
    desk(record, "claim", "20001", at=-DAY)
    desk(record, "scan", "hua", "20009")
    console.see("/console/language/en")
    for path in ("", "?q=wx", "patron/ming", "patron/hua", "returns", "holds", "holds?list=waiting",
                 "holds?list=expired", "claims/", "overdue", "copy/20001", "title/t1", "patron/ming/slip"):  # fmt: skip
        page = console.see(f"{AT}/{path}")
        for name in (
            "wu老师",
            "三年级2班",
            "阳光学校",
            "中文",
            "王小明",
            "王小华",
            "西游记",
            "新华字典",
        ):
            page = page.replace(name, "")
        assert not re.search(r"[\u3400-\u9fff]", page), path


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        *(f"console.counter.reason.{reason}" for reason in Reason),
        *(f"console.copy.state.{state}" for state in CopyState),
        *(f"console.act.{act}" for act in Act),
    ],
)
def test_every_code_has_words_for_staff(language, key):
    assert messages(language)[key]
