"""What holds for every test, and nothing else: fixtures live beside the tests that use them."""

from hypothesis import settings

# A slow machine is no failure, so no deadline; a failing example is printed so that it can be run again.
settings.register_profile("kiosk", deadline=None, print_blob=True)
settings.load_profile("kiosk")
