"""The demo's library.toml: published when it is first seen and when it is changed, never over what came later."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import load_central
from kiosk.bootstrap_demo import lay_out
from kiosk.bootstrap_demo_central import LOGIN
from kiosk.bootstrap_demo_rules import RulesFile
from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.migrate import bring_up
from sync.central.opened import add_school, database
from sync.central.publishing import put_in_force, text_of, versions


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture
def record(config: Path, tmp_path: Path):
    settings = load_central(config / "central.toml")
    db = database(config, settings)
    bring_up(db, tmp_path / "backups")
    with db.begin() as conn:
        add_school(conn, settings.schools[0].id, "学校", "", "Asia/Shanghai")
    yield db
    db.close()


def published(db: Database, config: Path) -> list[str]:
    school = load_central(config / "central.toml").schools[0].id
    with db.read() as conn:
        return [text_of(conn, school, one.digest) for one in versions(conn, school)]


def test_the_file_is_published_once_and_again_when_it_changes(record, config):
    file = config / "library.toml"
    shipped = file.read_text("utf-8")
    rules = RulesFile(config)
    rules.publish(once=True)
    rules.publish(once=True)
    rules.look()
    assert published(record, config) == [shipped]
    changed = shipped.replace("block_after_days = 3", "block_after_days = 12")
    file.write_text(changed, "utf-8")
    rules.look()
    assert published(record, config) == [changed, shipped]
    file.write_text(changed.replace('from = "11:30"', 'from = "25:00"', 1), "utf-8")
    rules.look()
    assert published(record, config) == [changed, shipped]


def test_a_start_publishes_nothing_over_what_the_console_published(record, config):
    school = load_central(config / "central.toml").schools[0].id
    RulesFile(config).publish(once=True)
    other = (config / "library.toml").read_text("utf-8") + "\n# 从控制台发布\n"
    with record.begin(school) as conn:
        put_in_force(Desk(conn, school, LOGIN, 1), other)
    RulesFile(config).publish(once=True)
    assert published(record, config)[0] == other
