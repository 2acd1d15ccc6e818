"""A camera as a scanner: frames in, scans out. A label held still in view gives one scan."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import structlog

from drivers.capture import Optics, Source, address_of, open_camera
from drivers.decode import Image
from drivers.decoders import Decoders, find_decoders
from drivers.delivery import Delivery
from drivers.film import Film
from drivers.framing import Outcome, Read
from drivers.keeper import SLICE_S, Keeper
from drivers.look import Look, Looked, Region
from drivers.scan import Listener
from drivers.site_profile import SiteProfile

log = structlog.get_logger()

Watcher = Callable[[Looked], None]

ANY_OPTICS = Optics()


class CameraScanner:
    """Reads `device`: /dev/video0, a name in /dev/v4l/by-id, a number, an address of a stream, or a video file.

    `cpu_share`: of one core, at most, for decoding; frames that it has no room for are never looked at.
    `watch` is told of every frame that was looked at, in the camera's own thread.
    """

    def __init__(
        self,
        name: str,
        device: str,
        optics: Optics = ANY_OPTICS,
        *,
        profile: Callable[[], SiteProfile] = SiteProfile,
        decoders: Decoders | None = None,
        region: Region | None = None,
        agree: int = 2,
        cpu_share: float = 0.5,
        watch: Watcher | None = None,
    ) -> None:
        self.name = name
        self._device = device
        self._optics = optics
        self._decoders = decoders or find_decoders()
        self._look = Look(name, self._decoders, profile, agree=agree, region=region)
        self._pace = Pace(optics.fps, cpu_share)
        self._watch = watch
        self._film = Film(device, name) if is_film(device) else None
        self._ended = threading.Event()
        self._keeper = Keeper(Delivery(name), self._open)
        self.health = self._keeper.health

    def start(self, listener: Listener) -> None:
        for words in self.absent:
            log.warning(words, scanner=self.name)
        self._ended.clear()
        self._keeper.start(listener)

    def stop(self) -> None:
        self._ended.set()
        self._keeper.stop()

    @property
    def absent(self) -> tuple[str, ...]:
        """One sentence for each decoder of the settings that is not installed."""
        return self._decoders.absent

    def _open(self) -> _CameraLine:
        if self._film:
            return _CameraLine(self._film.open(), self._look, None, self._watch)
        live = open_camera(self._device, self._optics, self.name, self._ended.is_set)
        return _CameraLine(live, self._look, self._pace, self._watch)


class Pace:
    """Says when the next frame may be looked at: so many a second, and within a share of a core."""

    def __init__(self, fps: int, cpu_share: float) -> None:
        self._frame_s = 1 / fps
        self._cpu_share = cpu_share
        self._due_s = 0.0

    def may_look(self) -> bool:
        """Wait a fraction of a second at most; whether the time has come."""
        wait_s = self._due_s - time.monotonic()
        time.sleep(min(max(wait_s, 0.0), SLICE_S))
        return wait_s <= SLICE_S

    def took(self, began_s: float, cpu_s: float) -> None:
        self._due_s = began_s + max(self._frame_s, cpu_s / self._cpu_share)


class _CameraLine:
    def __init__(
        self, source: Source, look: Look, pace: Pace | None, watch: Watcher | None
    ) -> None:
        self.where = source.where
        self._source = source
        self._look = look
        # A video file waits for us, and every frame of it counts.
        self._pace = pace
        self._watch = watch

    def read(self) -> list[Outcome]:
        if self._pace and not self._pace.may_look():
            return []
        picture = self._source.picture()
        return self._looked_at(*picture) if picture else []

    def close(self) -> None:
        self._source.close()

    def _looked_at(self, image: Image, at_ms: int) -> list[Outcome]:
        began_s = time.monotonic()
        looked = self._look.at(image, at_ms)
        if self._pace:
            self._pace.took(began_s, looked.cpu_s)
        if self._watch:
            self._watch(looked)
        return [Read(one.text, one.symbology.value, at_ms) for one in looked.new]


def is_film(device: str) -> bool:
    """Whether this names a video file: a path outside of /dev, or a file in the folder of the station."""
    address = address_of(device)
    if "://" in address or (address.startswith("/dev/") and "/" in device):
        return False
    return "/" in device or os.path.isfile(device)
