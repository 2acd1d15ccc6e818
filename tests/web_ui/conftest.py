from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from sync.central import sign_in, staff


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose, and nearly every test of the console signs in; tests/central takes the real one."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(staff, "_hasher", quick)
    monkeypatch.setattr(sign_in, "_hasher", quick)
    monkeypatch.setattr(sign_in, "_NOBODY", quick.hash("nobody"))
