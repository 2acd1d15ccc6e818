"""People at the central record: found by name, class and number; cards issued; erased with every chain whole."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from kiosk.entry import parse
from sync.central import people as reading
from sync.central.db import CentralError, Database, insert_many
from sync.central.desk import Desk
from sync.central.feed import read_page
from sync.central.hashing import _NOBODY as OF_NOBODY
from sync.central.hashing import _hasher as real
from sync.central.people import PAGE, Wanted, find_people, loans_query, masked, people_query, person
from sync.central.roles import Role
from sync.central.schema import (
    blocks,
    cards,
    chunks,
    entries,
    loans,
    metadata,
    patrons,
    people,
    sign_ins,
    snapshots,
)
from sync.central.sign_in import Refused, sign_in, who_is
from sync.central.snapshot import manifest
from sync.central.staff import (
    accounts,
    add_staff,
    change_password,
    change_role,
    close_account,
    open_account,
)
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR
PASSWORD = "paper-and-leaf"


def some_people(db: Database, count: int, class_name: str = "三年级2班") -> None:
    rest = {"category": "student", "grade": 3, "class_name": class_name}
    none = {"expires_on": None, "blocked": None, "gone_ms": None}
    rows = [
        {"school": SCHOOL, "id": f"p{n:05}", "name": f"王{n % 7}明", **rest, **none}
        for n in range(count)
    ]
    with db.begin(SCHOOL) as conn:
        insert_many(conn, patrons, rows)


def desk(conn, at: int = DAY) -> Desk:
    return Desk(conn, SCHOOL, "wang", NOON + at)


def found(db: Database, **wanted) -> reading.Found:
    with db.read() as conn:
        return find_people(conn, SCHOOL, Wanted(**wanted))


def test_every_person_is_on_exactly_one_page_in_order_of_names(db):
    found_school(db)
    some_people(db, 2 * PAGE + 7)
    seen, after, pages = [], None, 0
    while pages == 0 or after:
        page = found(db, after=after)
        seen += [(row.name, row.id) for row in page.rows]
        after, pages = page.after, pages + 1
    assert pages == 3
    assert (len(seen), seen) == (2 * PAGE + 7, sorted(set(seen)))


def test_people_are_found_by_name_class_and_number(db):
    found_school(db, people=("ming", "hua"))
    some_people(db, 20)
    with db.begin(SCHOOL) as conn:
        desk(conn).issue_card("ming", "10001")
    assert [row.id for row in found(db, text="mi").rows] == ["ming"]
    assert [row.id for row in found(db, text=" 10001 ").rows] == ["ming"]
    assert [row.id for row in found(db, text="hua").rows] == ["hua"]
    assert {row.name for row in found(db, text="王3").rows} == {"王3明"}
    assert len(found(db, class_name="三年级2班").rows) == 22
    assert found(db, class_name="四年级1班").rows == ()
    assert found(db, text="%").rows == ()


def test_no_query_about_people_reads_a_whole_table(db):
    found_school(db, people=("ming",))
    some_people(db, 3_000)
    after = ("王3明", "p00003")
    queries = [
        people_query(SCHOOL, Wanted(), ""),
        people_query(SCHOOL, Wanted(after=after), ""),
        people_query(SCHOOL, Wanted(class_name="三年级2班", after=after), ""),
        people_query(SCHOOL, Wanted(), "王3"),
        loans_query(SCHOOL, "ming", out=True),
        loans_query(SCHOOL, "ming", out=False),
    ]
    with db.begin(SCHOOL) as conn:
        if db.postgres:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for query in queries:
            plan = planned(conn, query, postgres=db.postgres)
            assert "SCAN " not in plan, plan
            assert "Seq Scan on patrons" not in plan, plan
            assert "Seq Scan on loans" not in plan, plan
            if query.get_final_froms()[0] is patrons:
                assert "TEMP B-TREE" not in plan, plan


def planned(conn, query, *, postgres: bool) -> str:
    written = query.compile(conn.engine, compile_kwargs={"literal_binds": True})
    how = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
    return "\n".join(str(row[-1]) for row in conn.execute(text(f"{how} {written}")))


def test_a_page_of_a_patron_tells_what_is_out_past_blocked_and_carried(db):
    found_school(db, barcodes=("20001", "20002"), people=("ming",))
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "ming", at=0)
    pen.checkout("20002", "ming", at=HOUR)
    pen.checkin("20002", at=2 * HOUR, patron="ming")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        desk(conn).issue_card("ming", "10001")
        desk(conn).block("ming", "欠一本书")
        desk(conn).place_hold("t1", "ming")
    with db.read() as conn:
        one = person(conn, SCHOOL, "ming")
        with pytest.raises(CentralError, match="no patron nobody"):
            person(conn, SCHOOL, "nobody")
    assert [(loan.barcode, loan.title) for loan in one.out] == [("20001", "西游记")]
    assert [loan.barcode for loan in one.past] == ["20002"]
    assert (one.waiting, one.row.blocked) == (("西游记",), "欠一本书")
    assert [(card.number, card.state) for card in one.cards] == [("10001", "active")]
    assert one.blocks == ((NOON + DAY, None, "欠一本书"),)


def test_a_card_is_issued_once_and_replaced(db):
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    enrol(db, "s1")
    with db.begin(SCHOOL) as conn:
        desk(conn).issue_card("ming", "10001")
        with pytest.raises(CentralError, match="a card 10001 already"):
            desk(conn).issue_card("hua", "10001")
        with pytest.raises(CentralError, match="no patron nobody"):
            desk(conn).issue_card("nobody", "10002")
    with db.begin(SCHOOL) as conn:
        desk(conn, 2 * DAY).replace_card("10001", "10009")
        page = read_page(conn, SCHOOL, "s1", 0, 2_000)
    fed = {c.key: c.value for c in page.changes if c.kind == "card" and c.value}
    assert {number: (v["patron_id"], v["state"]) for number, v in fed.items()} == {
        "10001": ("ming", "replaced"),
        "10009": ("ming", "active"),
    }
    assert list(faults(db)) == []


def test_what_was_lent_to_a_card_before_it_was_issued_is_its_patrons(db):
    found_school(db, barcodes=("20001",), people=("ming",))
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "card:10001", at=0, card="10001")
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        desk(conn).issue_card("ming", "10001")
        assert [loan.barcode for loan in person(conn, SCHOOL, "ming").out] == ["20001"]


def words_of(db: Database) -> str:
    """Everything that stands in the record, as one text."""
    with db.read() as conn:
        return json.dumps(
            [
                [str(v) for v in row]
                for t in metadata.sorted_tables
                for row in conn.execute(select(t))
            ]
        )


def test_an_erased_patron_is_nowhere_and_every_chain_is_whole(db):
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    with db.begin(SCHOOL) as conn:
        conn.execute(patrons.update().where(patrons.c.id == "ming").values(name="赵小明"))
        desk(conn, -DAY).issue_card("ming", "10001")
        desk(conn, -DAY).block("ming", "欠一本书")
        desk(conn, -DAY + 1).unblock("ming")
        desk(conn, -DAY).place_hold("t1", "ming")
    pen = Pen("s1")
    enrol(db, "s1")
    for n in range(50):
        pen.checkout("20001", "ming", at=2 * n * HOUR)
        pen.checkin("20001", at=(2 * n + 1) * HOUR, patron="ming")
    kept = pen.checkout("20002", "hua", at=200 * HOUR)
    push(db, pen)
    manifest(db, SCHOOL)
    with db.read() as conn:
        before = conn.execute(select(entries.c.body).order_by(entries.c.seq)).scalars().all()
    with db.begin(SCHOOL) as conn:
        gone = desk(conn, 20 * DAY).erase("ming")
    assert (gone.cards, gone.loans, gone.holds, gone.blocks, gone.entries) == (1, 50, 1, 1, 104)
    everything = words_of(db)
    for name in ("赵小明", "欠一本书"):
        assert json.dumps(name)[1:-1] not in everything
    with db.read() as conn:
        assert conn.execute(select(people.c.patron).distinct()).scalars().all() == ["hua"]
        assert conn.execute(select(loans.c.patron).distinct()).scalars().all() in (
            [None, "hua"],
            ["hua", None],
        )
        # A snapshot is packed, and would hide the name from a search.
        for table in (cards, blocks, snapshots, chunks):
            assert conn.execute(select(table)).all() == []
        after = conn.execute(select(entries.c.body).order_by(entries.c.seq)).scalars().all()
        page = read_page(conn, SCHOOL, "s1", 0, 2_000)
        last = parse(after[-1]) if "erased" in after[-1] else None
    assert set(before) < set(after)
    assert last is None or last.who is None
    fed = {(c.kind, c.key): c.value for c in page.changes}
    assert (fed["patron", "ming"], fed["card", "10001"]) == (None, None)
    assert told(db, kept) == set()
    assert list(faults(db)) == []
    # Nothing but what tells stations that the patron is gone still bears the number.
    with db.read() as conn:
        for table in metadata.sorted_tables:
            rows = [str(row) for row in conn.execute(select(table))]
            named = [row for row in rows if "'ming'" in row]
            assert named == [] or table.name == "feed", (table.name, named[:2])


def test_nobody_is_erased_while_a_copy_is_out_or_a_case_open(db):
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    one, two = Pen("s1"), Pen("s2")
    for pen in (one, two):
        enrol(db, pen.station)
    one.checkout("20001", "ming", at=HOUR)
    push(db, one)
    with db.begin(SCHOOL) as conn:
        with pytest.raises(CentralError, match="1 copies are still lent to ming"):
            desk(conn).erase("ming")
        with pytest.raises(CentralError, match="no patron nobody"):
            desk(conn).erase("nobody")
    two.checkout("20001", "hua", at=HOUR - 60_000, unsure=True, boot="boot-2")
    push(db, two)
    with db.begin(SCHOOL) as conn, pytest.raises(CentralError, match=r"take them back|settle it"):
        desk(conn).erase("hua")


def test_a_number_is_masked_but_for_its_end():
    assert [masked(n) for n in ("2024010345", "1234", "12", "")] == ["••••••••45", "••34", "••", ""]


# Accounts.


def test_an_account_is_changed_closed_and_opened_and_signs_its_owner_out(db):
    found_school(db)
    with db.begin() as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        add_staff(conn, SCHOOL, "wu", "吴老师", "assistant", PASSWORD)
    token = sign_in(db, SCHOOL, "wu", PASSWORD, NOON)
    assert isinstance(token, str)
    with db.begin() as conn:
        change_role(conn, SCHOOL, "wu", "viewer")
    assert who_is(db, token, NOON) is None
    with db.begin() as conn:
        close_account(conn, SCHOOL, "wu", NOON)
        assert [(one.login, one.closed_ms) for one in accounts(conn, SCHOOL)] == [
            ("li", None),
            ("wu", NOON),
        ]
    assert sign_in(db, SCHOOL, "wu", PASSWORD, NOON) == Refused()
    with db.begin() as conn:
        open_account(conn, SCHOOL, "wu")
        change_password(conn, SCHOOL, "wu", "another-leaf")
        assert conn.execute(select(sign_ins)).all() == []
    assert sign_in(db, SCHOOL, "wu", PASSWORD, NOON) == Refused()
    assert isinstance(sign_in(db, SCHOOL, "wu", "another-leaf", NOON), str)


@pytest.mark.parametrize(
    ("act", "told", "said"),
    [
        (change_role, ("li", "viewer"), "the only librarian"),
        (close_account, ("li", NOON), "the only librarian"),
        (change_role, ("li", "king"), "no role"),
        (change_role, ("nobody", "librarian"), "no login 'nobody'"),
        (change_password, ("li", "short"), "too short"),
        (change_password, ("li", "x" * 1_001), "too long"),
        (add_staff, ("LI", "x", "viewer", PASSWORD), "no login; write small letters"),
        (add_staff, ("li", "x", "viewer", PASSWORD), "already"),
        (add_staff, ("wu", "x", "king", PASSWORD), "no role"),
    ],
)
def test_an_account_that_cannot_be_so_is_refused(db, act, told, said):
    found_school(db)
    with db.begin() as conn:
        add_staff(conn, SCHOOL, "li", "李老师", Role.LIBRARIAN, PASSWORD)
    with db.begin() as conn, pytest.raises(CentralError, match=said):
        act(conn, SCHOOL, *told)


def test_acts_within_one_millisecond_are_all_written(db):
    found_school(db, people=("ming",))
    with db.begin(SCHOOL) as conn:
        one = desk(conn)
        one.issue_card("ming", "10001")
        one.card_state("10001", "lost")
        one.block("ming", "x")
        one.unblock("ming")
        one.block("ming", "y")
        assert person(conn, SCHOOL, "ming").row.blocked == "y"
    assert list(faults(db)) == []


def test_a_login_that_nobody_has_takes_as_long_as_any():
    # Hashed with other parameters than passwords are, it would tell by its time that nobody is there.
    assert not real.check_needs_rehash(OF_NOBODY)
