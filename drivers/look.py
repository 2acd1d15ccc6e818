"""One frame of a camera -> the barcodes in it, and which of them have newly come: decoders, belief, votes, presence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from drivers.decode import Decoded, Decoder, Image, decode
from drivers.decoders import Decoders
from drivers.errors import ScannerMisnamed
from drivers.presence import Presence
from drivers.site_profile import SiteProfile
from drivers.voting import Voting

# One of the slow decoders, in turn, is asked in one of so many frames in which the quick ones saw nothing.
SLOW_EVERY = 5

Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in a frame. `found`: all that the site believes; `new`: to be handed on; `cpu_s`: what it cost.

    `strangers`: what was read but is no label of the site.
    """

    image: Image
    found: tuple[Decoded, ...]
    new: tuple[Decoded, ...]
    strangers: tuple[Decoded, ...]
    at_ms: int
    cpu_s: float


class Look:
    """Looks at the frames of one camera in turn. `region`: left, top, width, height in pixels; None is all of it."""

    def __init__(
        self,
        scanner: str,
        decoders: Decoders,
        profile: Callable[[], SiteProfile],
        *,
        agree: int = 2,
        region: Region | None = None,
    ) -> None:
        self._scanner = scanner
        self._decoders = decoders
        self._profile = profile
        self._region = region
        self._voting = Voting(lambda one: profile().frames_needed(one, agree))
        self._presence = Presence()
        self._empty = 0

    def at(self, image: Image, at_ms: int) -> Looked:
        """Look at a frame, grey or colour. Raises ScannerMisnamed if the region lies outside of it."""
        began = time.thread_time()
        found, strangers = self._read(image)
        new = self._presence.take(found, self._voting.take(found), at_ms)
        return Looked(image, found, new, strangers, at_ms, time.thread_time() - began)

    def _read(self, image: Image) -> tuple[tuple[Decoded, ...], tuple[Decoded, ...]]:
        left, top, part = self._cut(grey(image))
        profile = self._profile()
        strangers: dict[str, Decoded] = {}

        def believed(one: Decoded) -> bool:
            good = profile.believes(one)
            if not good:
                strangers[one.text] = one
            return good

        found = decode(part, self._whom(), profile.symbologies, believed=believed)
        self._empty = 0 if found else self._empty + 1
        return _moved(found, left, top), _moved(strangers.values(), left, top)

    def _whom(self) -> tuple[Decoder, ...]:
        turn, rest = divmod(self._empty + 1, SLOW_EVERY)
        slow = self._decoders.slow
        if rest or not slow:
            return self._decoders.quick
        return (*self._decoders.quick, slow[turn % len(slow)])

    def _cut(self, image: Image) -> tuple[int, int, Image]:
        if self._region is None:
            return 0, 0, image
        left, top, width, height = self._region
        tall, wide = image.shape[:2]
        if left + width > wide or top + height > tall:
            raise ScannerMisnamed(
                f"scanner {self._scanner}: region {list(self._region)} leaves the picture of {wide}x{tall}",
                "correct region in station.toml; kiosk check camera shows the line",
            )
        return left, top, image[top : top + height, left : left + width]


def grey(image: Image) -> Image:
    if image.ndim == 2:
        return image
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def _moved(ones: Iterable[Decoded], left: int, top: int) -> tuple[Decoded, ...]:
    return tuple(
        replace(one, corners=tuple((x + left, y + top) for x, y in one.corners)) for one in ones
    )
