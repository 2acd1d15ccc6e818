"""A town with its central record and two stations that have exchanged once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.town import Place, Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.close()


@pytest.fixture
def hall(town: Town) -> Place:
    place = town.station("hall")
    place.exchange()
    return place


@pytest.fixture
def yard(town: Town) -> Place:
    place = town.station("yard")
    place.exchange()
    return place
