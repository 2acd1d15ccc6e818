"""What holds for every test, and nothing else: fixtures live beside the tests that use them."""

import pytest
from hypothesis import settings

# A slow machine is no failure, so no deadline; a failing example is printed so that it can be run again.
settings.register_profile("kiosk", deadline=None, print_blob=True)
settings.load_profile("kiosk")


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here, because pytest reads switches from the topmost conftest only.
    parser.addoption(
        "--scanner", metavar="PORT", help="a real scanner, for the contract suite: port or device"
    )
