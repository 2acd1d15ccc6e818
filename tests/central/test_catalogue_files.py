"""Files of titles and copies at the central record: what goes in comes out, in every form, and in again."""

from __future__ import annotations

import io
import threading
import time
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from kiosk.imports.book_rows import title_values
from kiosk.imports.cleaning import text
from kiosk.imports.faults import RowFault
from sync.central.catalogue import TITLE_FIELDS, title_page
from sync.central.catalogue_search import search
from sync.central.cataloguing import Taken, add_copies, add_title, change_copy, change_title
from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.exporting import FORMS, export
from sync.central.import_jobs import CHECKED, DONE, STOPPED, WRITING, Job, Jobs, Wish
from sync.central.rules import rules_in_force
from sync.central.schema import copies, feed, imports, title_records, titles
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.kiosk.imports.records import DREAM, WEB, iso2709
from tests.soak import often
from tests.sync.story import NOON

HEAD = "条码号,题名,责任者,出版社,ISBN,分类号,索书号,馆藏地点,定价,到馆日期,来源,捐赠人"
CSV = f"""{HEAD}
00000001,红楼梦,曹雪芹 著,人民文学出版社,978-7-02-000220-7,I242.4,I242.4/12,三楼,59.70,2026-09-01,捐赠,李明
00000002,红楼梦,曹雪芹 著,人民文学出版社,978-7-02-000220-7,I242.4,I242.4/12,三楼,59.70,2026-09-01,捐赠,李明
abc,西游记,吴承恩 著,,,I242.4,,,,,,
00000003,,佚名,,,,,,,,,
00000004,=1+1的故事,+王 著,,,O1,O1/1,,,2026-10-08,购买,
"""


@pytest.fixture
def school(db):
    found_school(db)
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        conn.execute(delete(titles))
    return db


def take(db: Database, content: bytes, name: str = "file", *, go: bool = True, **wish) -> Job:
    """Check a file, and import it: both to their ends."""
    jobs = _Waited(db, lambda: NOON)
    key = jobs.check(SCHOOL, "li", name, content, Wish(**wish))
    assert jobs.see(SCHOOL, key).step in (CHECKED, "failed"), jobs.see(SCHOOL, key)
    if go:
        jobs.go(SCHOOL, key)
    return jobs.see(SCHOOL, key)


class _Waited(Jobs):
    """Jobs that are worked on at once."""

    def _begin(self, school: str, key: str) -> None:
        self.work(school, key)


def given_out(db: Database, form: str, language: str = "zh") -> bytes:
    with db.read() as conn:
        rules = rules_in_force(conn, SCHOOL)
    assert rules is not None
    return b"".join(export(db, SCHOOL, rules.library, form, language=language))


def catalogue(db: Database) -> list:
    with db.read() as conn:
        query = select(titles, copies).join(copies, copies.c.title_id == titles.c.id)
        return sorted(map(str, conn.execute(query)))


def changed(job: Job) -> dict[str, tuple[int, int]]:
    return {kind: (count["new"], count["changed"]) for kind, count in job.counts.items()}


def test_a_csv_in_gb18030_goes_in_and_rejected_rows_are_told(school):
    job = take(school, CSV.encode("gb18030"), "书.csv")
    assert (job.step, job.rows, job.rejected) == (DONE, 5, 2)
    assert [p.line for p in job.problems if p.rejected] == [4, 5]
    assert changed(job) == {"title": (2, 0), "copy": (3, 0)}
    with school.read() as conn:
        hit = search(conn, SCHOOL, "hlm").hits[0]
        page = title_page(conn, SCHOOL, hit.id)
    assert (page.texts["title"], page.texts["price"], page.count) == ("红楼梦", "59.70", 2)
    one = page.copies[0]
    assert (one.arrived_on, one.source, one.donor) == (date(2026, 9, 1), "donated", "李明")
    assert (one.call_number, one.shelf, one.state) == ("I242.4/12", "三楼", "on_shelf")
    assert list(faults(school)) == []


def test_a_checked_file_changes_nothing_until_it_is_wanted(school):
    job = take(school, CSV.encode(), go=False)
    assert (job.step, changed(job)["copy"]) == (CHECKED, (3, 0))
    assert catalogue(school) == []
    jobs = Jobs(school, lambda: NOON)
    jobs.stop(SCHOOL, job.id)
    assert jobs.see(SCHOOL, job.id).step == STOPPED
    with school.read() as conn:
        assert conn.execute(select(imports.c.content)).scalars().all() == [None]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_exported_changes_nothing_when_it_comes_back(school, form, language):
    take(school, CSV.encode())
    before = catalogue(school)
    out = given_out(school, form, language)
    again = take(school, out)
    assert (again.rejected, changed(again)) == (0, {"title": (0, 0), "copy": (0, 0)}), again
    assert catalogue(school) == before
    assert given_out(school, form, language) == out


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_record_is_filled_by_what_another_gave_out(school, form):
    take(school, CSV.encode())
    before, out = catalogue(school), given_out(school, form)
    with school.begin(SCHOOL) as conn:
        for table in (copies, titles, title_records):
            conn.execute(delete(table))
    take(school, out)
    assert catalogue(school) == before


ODD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"])
    | st.sampled_from("/:;,=.，。'\"+-@\t；()（）[]_x0041_| 　"),
    max_size=24,
)


@settings(
    max_examples=often(5, 200),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    st.fixed_dictionaries(dict.fromkeys(TITLE_FIELDS, ODD)),
    st.fixed_dictionaries(dict.fromkeys(("shelf", "call_number", "donor", "price"), ODD)),
)
@example(
    # A letter that GBK has and the older set has not: by its bytes alone it could be another encoding's.
    dict.fromkeys(TITLE_FIELDS, "") | {"title": "併"},
    {"shelf": "", "call_number": "I2/3", "donor": "", "price": ""},
)
def test_odd_titles_come_back_as_they_were_in_every_form(school, texts, values):
    with school.begin(SCHOOL) as conn:
        for table in (copies, titles, title_records):
            conn.execute(delete(table))
        try:
            clean = title_values(texts, [])
        except RowFault:
            return
        cleaned = {name: text(value, name) for name, value in values.items()}
        desk = Desk(conn, SCHOOL, "li", NOON)
        add_copies(desk, add_title(desk, clean), ["00000001"], {"copy_type": "pinyin", **cleaned})
    before = catalogue(school)
    for form in FORMS:
        out = given_out(school, form)
        again = take(school, out, go=False)
        assert (again.rejected, changed(again)) == (0, {"title": (0, 0), "copy": (0, 0)}), form
    assert catalogue(school) == before


@pytest.mark.parametrize(
    ("record", "form"),
    [
        (iso2709(DREAM), "cnmarc"),
        (iso2709(DREAM, "gb18030"), "cnmarc-gb18030"),
        (iso2709(WEB), "marc21"),
    ],
)
def test_an_imported_record_goes_out_as_it_came_but_for_what_was_edited(school, record, form):
    assert take(school, record).rejected == 0
    assert given_out(school, form) == record
    with school.begin(SCHOOL) as conn:
        key = conn.execute(select(titles.c.id)).scalar_one()
        desk = Desk(conn, SCHOOL, "li", NOON)
        assert change_title(desk, key, {"publisher": "少年出版社"})
    edited = given_out(school, form)
    letters = "gb18030" if "gb18030" in form else "utf-8"
    old, new = (set(r.decode(letters).split("\x1e")[1:]) for r in (record, edited))
    ours = {field for field in new - old if "\x1f2kiosk\x1flgb18030" not in field}
    assert (len(old - new), len(ours)) == (1, 1)
    assert "少年出版社" in ours.pop()
    again = take(school, edited)
    assert changed(again) == {"title": (0, 0), "copy": (0, 0)}
    assert given_out(school, form) == edited


def test_a_record_with_a_new_copy_keeps_its_others(school):
    take(school, iso2709(DREAM))
    with school.begin(SCHOOL) as conn:
        key = conn.execute(select(titles.c.id)).scalar_one()
        desk = Desk(conn, SCHOOL, "li", NOON)
        add_copies(
            desk, key, ["00000009"], {"copy_type": "book", "donor": "王芳", "source": "donated"}
        )
        change_copy(desk, "00000002", {"call_number": "I242.4/99"})
    out = given_out(school, "cnmarc").decode()
    assert "\x1fb00000001\x1fc借阅大厅" in out
    assert "\x1fb00000002\x1fc" in out
    assert out.count("00000003") == 1
    again = take(school, out.encode())
    assert changed(again) == {"title": (0, 0), "copy": (0, 0)}


def test_a_title_of_very_many_copies_goes_out_and_in(school):
    with school.begin(SCHOOL) as conn:
        desk = Desk(conn, SCHOOL, "li", NOON)
        key = add_title(desk, {"title": "数学（三年级上）"})
        labels = [f"{n:08}" for n in range(1, 501)]
        add_copies(desk, key, labels, {"copy_type": "book", "call_number": "G624.5/1"})
    for form in ("cnmarc", "marc21"):
        out = given_out(school, form)
        assert out.count(b"\x1d") == 2
        assert changed(take(school, out, go=False)) == {"title": (0, 0), "copy": (0, 0)}


def test_an_xlsx_holds_texts_that_no_spreadsheet_takes_for_numbers_or_formulas(school):
    take(school, CSV.encode())
    sheet = load_workbook(io.BytesIO(given_out(school, "xlsx"))).worksheets[0]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    assert rows["00000004"][1].value == "=1+1的故事"
    assert {cell.data_type for row in rows.values() for cell in row} <= {"s", "n", "inlineStr"}
    assert sheet["A1"].value == "条码号"
    csv = given_out(school, "csv").decode("utf-8-sig")
    assert ",'=1+1的故事,'+王 著," in csv


def test_what_the_form_says_counts_for_new_copies_of_which_the_file_does_not(school):
    take(school, CSV.encode(), arrived_on="2026-11-20", donor="校友会", copy_type="pinyin")
    with school.read() as conn:
        rows = conn.execute(select(copies).order_by(copies.c.barcode)).all()
    told = {r.barcode: (r.copy_type, str(r.arrived_on), r.source, r.donor) for r in rows}
    assert told["00000001"] == ("pinyin", "2026-09-01", "donated", "李明")
    assert told["00000004"] == ("pinyin", "2026-10-08", "bought", "校友会")


class _Impatient(_Waited):
    """Jobs whose owner asks for their end as soon as anything is written."""

    def go_and_stop(self, school: str, key: str) -> None:
        with self._db.begin(school) as conn:
            conn.execute(imports.update().values(step="writing", stop=False))
        real = self._now_ms

        def asked() -> int:
            self.stop(school, key)
            return real()

        self._now_ms = asked
        self.work(school, key)


def test_an_import_that_is_stopped_leaves_the_record_as_it_was(school):
    take(school, CSV.encode())
    before = catalogue(school)
    more = "\n".join(f"1{n:07},故事{n},,,,I,,,,,," for n in range(1_500))
    jobs = _Impatient(school, lambda: NOON)
    content = (CSV.replace("人民文学", "少年儿童") + more).encode()
    key = jobs.check(SCHOOL, "li", "more.csv", content, Wish())
    jobs.go_and_stop(SCHOOL, key)
    job = jobs.see(SCHOOL, key)
    assert (job.step, job.kept) == (STOPPED, 0)
    assert catalogue(school) == before
    with school.read() as conn:
        assert search(conn, SCHOOL, "故事1499").hits == ()
        assert conn.execute(select(title_records)).all() == []


def test_stations_hear_of_what_was_imported_and_of_nothing_else(school):
    take(school, CSV.encode())
    with school.read() as conn:
        before = conn.execute(select(feed.c.kind, feed.c.key, feed.c.position)).all()
    assert sorted(row.kind for row in before) == ["copy"] * 3 + ["title"] * 2
    take(school, CSV.encode())
    with school.read() as conn:
        assert conn.execute(select(feed.c.kind, feed.c.key, feed.c.position)).all() == before


def test_a_file_that_is_none_is_refused_in_words(school):
    job = take(school, b"\x89PNG\r\n\x1a\n" + bytes(40), "bild.csv", go=False)
    assert (job.step, "is a picture" in job.why) == ("failed", True)


def test_a_title_that_is_there_is_not_added_twice(school):
    with school.begin(SCHOOL) as conn:
        desk = Desk(conn, SCHOOL, "li", NOON)
        key = add_title(desk, {"title": "西游记"})
        with pytest.raises(Taken) as taken:
            add_title(desk, {"title": "西游记 "})
        assert taken.value.key == key


class _Later(Jobs):
    """Jobs that are worked on when the test says so."""

    def _begin(self, school: str, key: str) -> None:
        pass


def wanted(db: Database) -> tuple[Jobs, str]:
    """A file that was checked and is wanted, and that nobody works on yet."""
    checked = _Waited(db, lambda: NOON)
    key = checked.check(SCHOOL, "li", "file.csv", CSV.encode(), Wish())
    later = _Later(db, lambda: NOON, there_s=0.02)
    later.go(SCHOOL, key)
    return later, key


def mark(db: Database, **values) -> None:
    with db.begin() as conn:
        conn.execute(update(imports).values(**values))


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_a_worker_that_has_to_wait_is_not_taken_for_gone_by_another_process(school):
    jobs, key = wanted(school)
    worker = threading.Thread(target=jobs.work, args=(SCHOOL, key))
    with school.begin(SCHOOL):
        worker.start()
        for _ in range(3):
            mark(school, beat_ms=0)
            assert jobs.see(SCHOOL, key).step == WRITING
            end = time.monotonic() + 20
            while jobs.see(SCHOOL, key).lost:
                assert time.monotonic() < end, "nobody says that it is there"
                time.sleep(0.01)
    worker.join(20)
    assert jobs.see(SCHOOL, key).step == DONE


def test_a_worker_that_was_given_up_meanwhile_writes_nothing(school):
    jobs, key = wanted(school)
    mark(school, step=STOPPED)
    jobs.work(SCHOOL, key)
    assert (jobs.see(SCHOOL, key).step, catalogue(school)) == (STOPPED, [])
