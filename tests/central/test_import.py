"""Patrons, titles and rules into the central record by command, and down to an enrolled station."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from sync.central import schema
from sync.central.cli import main
from sync.central.db import Database
from sync.central.values import RULES_KEY
from tests.kiosk.school import SHIPPED, School

SETTINGS = """
[database]
url = "sqlite:///data/central.db"
[[schools]]
id = "moon"
name = "月亮学校"
"""
PATRONS = "学号,姓名,类别,班级,卡号\n1,甲,学生,三年级1班,9001\n2,乙,学生,三年级1班,9002\n"
BOOKS = "题名,责任者,条码,馆藏类型\n红楼梦,曹雪芹,00000042,图书\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "central.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "data").mkdir()
    assert central(folder, "init").exit_code == 0
    return folder


def central(config: Path, *words: object):
    return CliRunner().invoke(main, [*map(str, words), "--config", str(config)])


def published(config: Path):
    return central(config, "rules", "publish", SHIPPED / "library.toml")


def rows(config: Path, table):
    db = Database(f"sqlite:///{config.parent}/data/central.db")
    with db.read() as conn:
        found = conn.execute(select(table)).all()
    db.close()
    return found


def positions(config: Path) -> list[tuple[str, str]]:
    found = sorted(rows(config, schema.feed), key=lambda row: row.position)
    return [(row.kind, row.key) for row in found]


def test_rules_are_put_in_force_once_and_mistakes_are_named(config: Path, tmp_path: Path):
    assert "are in force at moon" in published(config).output
    assert "were in force already" in published(config).output
    assert positions(config) == [("rules", RULES_KEY)]
    bad = tmp_path / "library.toml"
    bad.write_text("[libary]\n")
    told = central(config, "rules", "publish", bad)
    assert (told.exit_code, "Traceback" in told.output) == (1, False)
    assert len(rows(config, schema.rules)) == 1


def test_without_rules_an_import_says_what_comes_first(config: Path, tmp_path: Path):
    (tmp_path / "p.csv").write_text(PATRONS, encoding="utf-8")
    told = central(config, "import", "patrons", tmp_path / "p.csv")
    assert told.exit_code == 1
    assert "run first: central rules publish library.toml" in told.output


def test_stations_hear_of_exactly_what_an_import_has_changed(config: Path, tmp_path: Path):
    published(config)
    file = tmp_path / "p.csv"
    file.write_text(PATRONS, encoding="utf-8")
    first = central(config, "import", "patrons", file)
    assert first.exit_code == 0, first.output
    assert "2 of patron, 2 of card" in first.output
    again = central(config, "import", "patrons", file)
    assert "will hear of: none" in again.output
    file.write_text(PATRONS.replace("乙", "丙"), encoding="utf-8")
    assert "1 of patron" in central(config, "import", "patrons", file).output
    assert positions(config)[-1] == ("patron", "2")
    assert {row.name for row in rows(config, schema.patrons)} == {"甲", "丙"}
    (tmp_path / "b.csv").write_text(BOOKS, encoding="utf-8")
    books = central(config, "import", "catalogue", tmp_path / "b.csv")
    assert books.exit_code == 0, books.output
    (copy,) = rows(config, schema.copies)
    assert (copy.barcode, copy.state) == ("00000042", "on_shelf")
    (title,) = rows(config, schema.titles)
    assert (title.title, title.pinyin.split()[0]) == ("红楼梦", "hóng")


def test_what_a_station_had_is_taken_over(config: Path, tmp_path: Path):
    School(tmp_path / "station").close()
    told = central(config, "import", "station", tmp_path / "station" / "data")
    assert told.exit_code == 0, told.output
    assert len(rows(config, schema.patrons)) == 5
    states = {row.number: row.state for row in rows(config, schema.cards)}
    assert states["2024030299"] == "lost"
    empty = central(config, "import", "station", tmp_path)
    assert "holds no station's store" in empty.output


def test_the_major_is_taken_and_compared(config: Path, tmp_path: Path):
    published(config)
    file = tmp_path / "people.csv"
    lines = (
        "学号,姓名,类别,班级,卡号,专业\n1,甲,学生,三年级1班,9001,{}\n2,乙,学生,三年级1班,9002,\n"
    )
    for major, told in (("护理", "2 of patron"), ("护理", "none"), ("学前教育", "1 of patron")):
        file.write_text(lines.format(major), encoding="utf-8")
        assert told in central(config, "import", "patrons", file).output
        assert [row.major for row in rows(config, schema.patrons)] == [major, ""]
