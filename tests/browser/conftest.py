"""One school for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pupil import Pupil, pupil


@pytest.fixture
def child(tmp_path: Path, browser: Browser) -> Iterator[Pupil]:
    """A pupil at a station that is patient, at 1280x800."""
    with pupil(tmp_path, browser) as made:
        yield made
