import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.store.store import Store
from tests.kiosk.imports.taking import Taking


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store just made, to be copied: migrating takes longer than most imports here."""
    folder = tmp_path_factory.mktemp("empty")
    Store.open(folder / "data").close()
    return folder


@pytest.fixture
def school(tmp_path: Path, empty: Path) -> Iterator[Taking]:
    """An empty store with the shipped rules."""
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    made = Taking(tmp_path)
    yield made
    made.store.close()
