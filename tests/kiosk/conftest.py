"""The small school, closed again after each test; a mistake in the station's thread fails the test that caused it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.countdown import Patience
from tests.kiosk.school import School


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    """A school whose station is not running: for the desk and the store."""
    made = School(tmp_path)
    yield made
    made.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[School]:
    """A school with its station running: scan and touch."""
    made = School(tmp_path).open()
    yield made
    made.close()


@pytest.fixture
def careful(tmp_path: Path) -> Iterator[School]:
    """The small school with the usual 3 s for the same code."""
    made = School(tmp_path, patience=Patience()).open()
    yield made
    made.close()
