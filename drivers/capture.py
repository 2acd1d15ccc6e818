"""Pictures from a camera, always the newest; opened through OpenCV by path, lasting name or address.

OpenCV says that a camera is open when it has long been unplugged: only a read that fails, or does not come, tells.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import structlog

from drivers.decode import Image
from drivers.errors import DriverError, ScannerGone, ScannerNotFound
from drivers.holders import holders_of, refused
from drivers.keeper import SLICE_S, now_ms

log = structlog.get_logger()

BY_ID = Path("/dev/v4l/by-id")
DEV = Path("/dev")
FIRST_PICTURE_S = 8.0
# A camera that hangs gives no error: after so long without a picture it counts as lost.
SILENT_S = 5.0
RELEASE_S = 1.0
_NETWORK_MS = 2_000
_BETWEEN_GRABS_S = 0.002
_BY_HAND = 1  # V4L2_EXPOSURE_MANUAL

Picture = tuple[Image, int]


@dataclass(frozen=True, slots=True)
class Optics:
    """What is asked of a camera, which may give something near it; "" and 0 leave it to the camera."""

    width: int = 1280
    height: int = 720
    fourcc: str = "MJPG"
    fps: int = 15
    exposure_ms: float = 0.0


class Source(Protocol):
    """An open camera. `picture`: the next image and its monotonic ms, None after a moment; OSError when it is lost."""

    where: str

    def picture(self) -> Picture | None: ...

    def close(self) -> None: ...


def open_camera(device: str, optics: Optics, scanner: str, ended: Callable[[], bool]) -> LiveSource:
    """Open a camera and wait for its first picture, or until `ended`. Raises DriverError."""
    address = address_of(device)
    is_local = "://" not in address
    if is_local:
        _may_open(address, scanner)
    live = LiveSource(_captured(address, optics), f"camera {shown(address)}")
    try:
        live.begin(ended)
    except OSError as error:
        live.close()
        raise _no_picture(error, address, scanner, is_local=is_local) from error
    return live


def address_of(device: str, by_id: Path = BY_ID) -> str:
    """What to open: an address or path as it is, a number as /dev/videoN, a bare name where it lies."""
    if "/" in device:
        return device
    return f"{DEV}/video{device}" if device.isdigit() else str(by_id / device)


def shown(address: str) -> str:
    """An address without the name and password that may stand in it."""
    return re.sub(r"://[^/]*@", "://", address)


def cameras_here(by_id: Path = BY_ID) -> list[str]:
    """What is plugged in now: lasting names of what gives pictures, else the kernel's."""
    names = sorted(entry.name for entry in by_id.glob("*-index0"))
    return names or sorted(str(entry) for entry in DEV.glob("video[0-9]*"))


class LiveSource:
    """A camera that goes on by itself: a thread takes every picture off its queue, and keeps the newest asked for."""

    def __init__(self, capture: cv2.VideoCapture, where: str) -> None:
        self.where = where
        self._capture = capture
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._news = threading.Condition()
        self._newest: Picture | None = None
        self._lost: OSError | None = None
        self._last_ms = now_ms()
        self._thread = threading.Thread(target=self._grab, name=f"grabs {where}", daemon=True)
        self._thread.start()

    def begin(self, ended: Callable[[], bool]) -> None:
        """Wait for the first picture, whose size is said from then on."""
        until_ms = now_ms() + FIRST_PICTURE_S * 1000
        while not ended() and now_ms() < until_ms:
            picture = self.picture()
            if picture:
                tall, wide = picture[0].shape[:2]
                self.where = f"{self.where}, {wide}x{tall}"
                return
        raise TimeoutError(errno.ETIMEDOUT, "it gives no picture")

    def picture(self) -> Picture | None:
        """A picture taken after this was called, so never an old one."""
        self._wanted.set()
        with self._news:
            self._news.wait_for(lambda: self._newest or self._lost, SLICE_S)
            picture, self._newest = self._newest, None
        if picture:
            self._last_ms = picture[1]
            return picture
        if self._lost:
            raise self._lost
        if now_ms() - self._last_ms > SILENT_S * 1000:
            raise TimeoutError(errno.ETIMEDOUT, f"no picture for {SILENT_S:g} s")
        return None

    def close(self) -> None:
        """Let the camera go; one that hangs is let go by its thread when it comes back."""
        self._ended.set()
        self._thread.join(RELEASE_S)

    def _grab(self) -> None:
        lost = OSError(errno.ENODEV, "it gives no pictures any more")
        try:
            while not self._ended.is_set() and self._capture.grab():
                if self._wanted.is_set():
                    self._keep()
                self._ended.wait(_BETWEEN_GRABS_S)
        except Exception as error:
            log.exception("camera made a mistake", camera=self.where)
            lost = OSError(errno.EIO, f"it cannot be read: {error!r}")
        finally:
            self._capture.release()
            with self._news:
                self._lost = lost
                self._news.notify_all()

    def _keep(self) -> None:
        whole, image = self._capture.retrieve()
        # A picture that was damaged on the cable is not the last one.
        if whole and image is not None and image.size:
            self._wanted.clear()
            with self._news:
                self._newest = (image.astype(np.uint8, copy=False), now_ms())
                self._news.notify_all()


def _may_open(path: str, scanner: str) -> None:
    """Ask the kernel first, which says why not; OpenCV says only that it could not."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        found = refused(error, f"scanner {scanner}", path, "device")
        if isinstance(found, ScannerNotFound):
            here = ", ".join(cameras_here()) or "no camera"
            raise ScannerNotFound(found.what, f"{found.do}; plugged in now: {here}") from error
        raise found from error


def be_quiet() -> None:
    """OpenCV would warn on the console at each of the many attempts; what is wrong is said in health."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _captured(address: str, optics: Optics) -> cv2.VideoCapture:
    be_quiet()
    if "://" in address:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _NETWORK_MS]
        limits += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _NETWORK_MS]
        return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    capture = cv2.VideoCapture(os.path.realpath(address), cv2.CAP_V4L2)
    if optics.fourcc:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*optics.fourcc))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, optics.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, optics.height)
    capture.set(cv2.CAP_PROP_FPS, optics.fps)
    if optics.exposure_ms:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _BY_HAND)
        capture.set(cv2.CAP_PROP_EXPOSURE, round(optics.exposure_ms * 10))  # of 0.1 ms
    return capture


def _no_picture(error: OSError, address: str, scanner: str, *, is_local: bool) -> DriverError:
    if is_local and holders_of(address):
        busy = OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return refused(busy, f"scanner {scanner}", address, "device")
    todo = "plug it in again, or try another width, height or fourcc in station.toml"
    if not is_local:
        todo = "switch it on, or correct device in station.toml"
    return ScannerGone(
        f"scanner {scanner}: {shown(address)} gives no picture ({error.strerror})", todo
    )
