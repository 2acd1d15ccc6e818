"""What holds for every test, and nothing else: fixtures live beside the tests that use them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from playwright.sync_api import Browser

from sync.central import hashing
from tests import once
from tests.web_ui.browse import chromium, chromium_path

# A slow machine is no failure, so no deadline; a failing example is printed so that it can be run again.
settings.register_profile("kiosk", deadline=None, print_blob=True)
settings.load_profile("kiosk")
once.share()

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOBODY = QUICK.hash("nobody")


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here, because pytest reads switches from the topmost conftest only.
    parser.addoption(
        "--scanner", metavar="PORT", help="a real scanner, for the contract suite: port or device"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first: a run must not end with one worker that is still busy while the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for a worker: here, because Playwright cannot be started twice in one process."""
    if chromium_path() is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with chromium() as running:
        yield running


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose, and many a test signs somebody in; programs that tests start take the real one."""
    monkeypatch.setattr(hashing, "_hasher", QUICK)
    monkeypatch.setattr(hashing, "_NOBODY", NOBODY)
