"""library.toml of the demo: whoever changes the file publishes it, as `central rules publish` would."""

from __future__ import annotations

import contextlib
from pathlib import Path

from config.settings import SettingsError, load_central
from kiosk.bootstrap_demo_central import LOGIN
from kiosk.demo_clock import FILE, FollowingClock
from kiosk.entry import digest
from kiosk.errors import KioskError
from sync.central.desk import Desk
from sync.central.opened import database
from sync.central.publishing import put_in_force, text_of


class RulesFile:
    """Looked at again and again while the demo runs."""

    def __init__(self, config: Path) -> None:
        self._config, self._path = config, config / "library.toml"
        self._seen = self._signature()

    def look(self) -> None:
        """Publish the file if it was changed; one with mistakes is left to the station to complain of. Quick if not."""
        now = self._signature()
        if now == self._seen:
            return
        self._seen = now
        self.publish()

    def publish(self, *, once: bool = False) -> None:
        """once: not where it was in force at any time, for then others were published later."""
        with contextlib.suppress(SettingsError, KioskError, OSError, UnicodeDecodeError):
            self._publish(once=once)

    def _publish(self, *, once: bool) -> None:
        central = load_central(self._config / "central.toml")
        school, text = central.schools[0].id, self._path.read_text(encoding="utf-8")
        db = database(self._config, central)
        try:
            with db.begin(school) as conn:
                if not (once and text_of(conn, school, digest(text))):
                    now_ms = FollowingClock(self._config.parent / FILE)()
                    put_in_force(Desk(conn, school, LOGIN, now_ms), text)
        finally:
            db.close()

    def _signature(self) -> tuple[int, int]:
        with contextlib.suppress(OSError):
            found = self._path.stat()
            return found.st_mtime_ns, found.st_size
        return 0, 0
