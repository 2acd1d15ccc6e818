"""Which scanners the suite runs over; the switch --scanner stands in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.benches import BENCHES, WIRED, Bench


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = BENCHES[request.param](tmp_path)
    yield bench
    bench.close()


@pytest.fixture(params=WIRED)
def wired(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Without the camera, which does not notice what it cannot read."""
    bench = WIRED[request.param](tmp_path)
    yield bench
    bench.close()
