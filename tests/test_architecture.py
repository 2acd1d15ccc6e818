"""The code base keeps its shape: imports, PURE modules, lengths, and what is committed.

The rules are in architecture.py. The second half here plants a breach of each, because a check that cannot fail is a
defect.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture import (
    ADDRESSES,
    RULES,
    Rule,
    Source,
    addresses_in,
    addresses_in_requirements,
    arrows,
    committed_texts,
    findings,
    lengths,
    libraries,
    pure_calls,
    pure_imports,
    pure_is_said,
    sources,
)

ROOT = Path(__file__).parent.parent


def test_the_shape_of_the_code_holds() -> None:
    shape = sources(ROOT)
    assert [found for rule in RULES for found in findings(rule, shape)] == []


def test_requirements_files_name_no_index() -> None:
    files = sorted(ROOT.glob("requirements*"))
    assert len(files) == 4
    assert [
        f for path in files for f in addresses_in_requirements(path.name, path.read_text())
    ] == []


def test_every_pinned_package_has_a_hash() -> None:
    for path in (ROOT / "requirements.txt", ROOT / "requirements-dev.txt"):
        pinned = re.split(r"\n(?=[a-z])", path.read_text().strip())
        assert len(pinned) > 20
        assert [block.splitlines()[0] for block in pinned if "--hash=sha256:" not in block] == []


def test_both_requirements_files_pin_the_same_versions() -> None:
    run, dev = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert {name: dev.get(name) for name in run} == run


def test_pyproject_and_requirements_in_list_the_same_packages() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = (ROOT / "requirements.in").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith(("#", "setuptools"))}
    assert set(declared) == wanted


def test_no_committed_file_names_a_registry() -> None:
    assert [f for name, text in committed_texts(ROOT) for f in addresses_in(name, text)] == []


# --- the rules can fail --------------------------------------------------------------------------

PURE_DOC = '"""Decides. PURE."""\n'

BAD_SOURCES = [
    (arrows, "config/table.py", "import kiosk.domain"),
    (arrows, "drivers/camera.py", "from kiosk.domain import Patron"),
    (arrows, "drivers/camera.py", "def f():\n    import kiosk"),
    (arrows, "kiosk/desk.py", "from sync import http"),
    (arrows, "kiosk/desk.py", "from drivers import serial_scanner"),
    (arrows, "kiosk/desk.py", "from web_ui.words import say"),
    (arrows, "kiosk/desk.py", "from tests import conftest"),
    (arrows, "kiosk/cli.py", "from tests import conftest"),
    (arrows, "sync/http.py", "from web_ui import words"),
    (arrows, "sync/http.py", "import drivers.scan"),
    (arrows, "web_ui/station/views.py", "from sync.http import Post"),
    (arrows, "web_ui/station/views.py", "from drivers.simulator import Simulator"),
    (arrows, "web_ui/demo/views.py", "from drivers.camera import Camera"),
    (arrows, "kiosk/store/tx.py", "from ...web_ui import words"),
    (libraries, "kiosk/desk.py", "from flask import request"),
    (libraries, "sync/http.py", "import flask"),
    (libraries, "kiosk/desk.py", "from sqlalchemy import select"),
    (libraries, "kiosk/bootstrap.py", "import sqlalchemy"),
    (libraries, "web_ui/console/views.py", "from sqlalchemy import text"),
    (pure_is_said, "kiosk/policy.py", '"""Decides."""'),
    (pure_is_said, "kiosk/policy.py", '"""Decides.\n\nUsed by PURE modules."""'),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "import time"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "from random import choice"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "from pathlib import Path"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "def f():\n    import socket"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "import structlog"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "from kiosk import clock"),
    (pure_imports, "kiosk/policy.py", PURE_DOC + "from .clock import read"),
    (pure_calls, "kiosk/policy.py", PURE_DOC + "import datetime\nx = datetime.datetime.now()"),
    (pure_calls, "kiosk/policy.py", PURE_DOC + "from datetime import date\nx = date.today()"),
    (
        pure_calls,
        "kiosk/policy.py",
        PURE_DOC + "from datetime import datetime\nread = datetime.utcnow",
    ),
    (pure_calls, "kiosk/policy.py", PURE_DOC + "x = open('f')"),
    (pure_calls, "kiosk/policy.py", PURE_DOC + "print(1)"),
    (lengths, "kiosk/desk.py", "x = 1\n" * 401),
    (lengths, "kiosk/desk.py", "def f():\n" + "    x = 1\n" * 71),
]

GOOD_SOURCES = [
    (
        "kiosk/desk.py",
        "from config.library import Library\nfrom drivers.scan import Scan\nimport kiosk.clock",
    ),
    (
        "kiosk/cli.py",
        "import flask\nfrom drivers.simulator import Simulator\nfrom web_ui import words",
    ),
    ("kiosk/cli_demo.py", "from sync.central import cli"),
    ("kiosk/journal.py", "from sqlalchemy import select"),
    ("sync/central/ingest.py", "import sqlalchemy\nfrom kiosk import desk\nfrom . import api"),
    (
        "web_ui/demo/views.py",
        "from drivers.simulator import Simulator\nfrom sync import central\nimport flask",
    ),
    (
        "kiosk/policy.py",
        PURE_DOC + "from datetime import datetime\nfrom kiosk import domain\nnow = datetime.min",
    ),
    (
        "kiosk/policy.py",
        PURE_DOC + "from drivers.scan import Scan\nfrom .domain import x\nfrom . import domain",
    ),
    (
        "kiosk/desk.py",
        "def f():\n" + '    """' + "Long.\n" * 100 + '    """\n' + "    x = 1\n" * 70,
    ),
]


def _plant(root: Path, name: str, text: str) -> dict[str, Source]:
    planted = {"kiosk/clock.py": "", "kiosk/domain.py": PURE_DOC + "x = 1", name: text}
    for file, content in planted.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(content, encoding="utf-8")
    return sources(root)


@pytest.mark.parametrize(("rule", "name", "text"), BAD_SOURCES)
def test_a_planted_breach_is_found(rule: Rule, name: str, text: str, tmp_path: Path) -> None:
    module = name.removesuffix(".py").replace("/", ".")
    found = findings(rule, _plant(tmp_path, name, text))
    assert found
    assert all(finding.startswith(module) for finding in found)


@pytest.mark.parametrize(("name", "text"), GOOD_SOURCES)
def test_a_lawful_source_is_left_alone(name: str, text: str, tmp_path: Path) -> None:
    every = _plant(tmp_path, name, text)
    assert [f for rule in RULES for f in findings(rule, every)] == []


def test_a_planted_address_is_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("pip install -i https://" + ADDRESSES[0], encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\xff")
    texts = list(committed_texts(tmp_path))
    assert [f for name, text in texts for f in addresses_in(name, text)] == [
        f"README.md names {ADDRESSES[0]}"
    ]
    assert addresses_in_requirements("requirements.txt", "a @ https://b/c.whl") == [
        "requirements.txt has ://",
        "requirements.txt has  @ ",
    ]
