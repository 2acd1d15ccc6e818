"""From a camera's table in station.toml to the camera; apart from make.py, since it brings OpenCV with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from config.library import Barcodes
from config.station import ScannerSettings
from drivers.camera import CameraScanner, Watcher
from drivers.capture import Optics
from drivers.decoders import find_decoders
from drivers.look import Region
from drivers.site_profile import SiteProfile


def make_camera(
    settings: ScannerSettings,
    labels: Callable[[], Barcodes | None],
    watch: Watcher | None = None,
) -> CameraScanner:
    """A camera that is not opened yet; see make_scanners, and CameraScanner for `watch`."""
    return CameraScanner(
        settings.name,
        settings.device,
        Optics(
            settings.width, settings.height, settings.fourcc, settings.fps, settings.exposure_ms
        ),
        profile=lambda: _profile(labels()),
        decoders=find_decoders(settings.decoders),
        region=_region(settings.region),
        agree=settings.agree,
        cpu_share=settings.cpu_percent / 100,
        watch=watch,
    )


def _region(numbers: tuple[int, ...]) -> Region | None:
    match numbers:
        case (left, top, width, height):
            return left, top, width, height
        case _:
            return None


@lru_cache(maxsize=4)
def _profile(barcodes: Barcodes | None) -> SiteProfile:
    return SiteProfile.of(barcodes) if barcodes else SiteProfile()
