"""A video file in a camera's place, for trying out and for tests: every frame of it, at its own speed, once.

After its last frame no more come, until the file is replaced by another one, which is then played.
"""

from __future__ import annotations

import os
import time

import cv2
import numpy as np

from drivers.capture import Picture, be_quiet
from drivers.errors import ScannerGone, ScannerNotFound
from drivers.keeper import SLICE_S, now_ms

_USUAL_FPS = 30.0

Signature = tuple[int, int, int]


class Film:
    """One video file; opened again, it goes on where it was stopped, unless it is another file by then."""

    def __init__(self, path: str, scanner: str) -> None:
        self.where = f"video file {path}"
        self._path = path
        self._scanner = scanner
        self._file: Signature | None = None
        self._frames = 0
        self._ended = False

    def open(self) -> Film:
        """Raises DriverError where there is no such file, or it is no video."""
        here = _signature(self._path)
        if here is None:
            raise ScannerNotFound(
                f"scanner {self._scanner}: {self._path} is not there",
                "put the video file there, or correct device in station.toml",
            )
        be_quiet()
        self._capture = cv2.VideoCapture(self._path)
        if not self._capture.isOpened():
            raise ScannerGone(
                f"scanner {self._scanner}: {self._path} is no video that can be played",
                "replace the file, or correct device in station.toml",
            )
        if here != self._file:
            self._file, self._frames, self._ended = here, 0, False
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, self._frames)
        self._frame_s = 1 / (self._capture.get(cv2.CAP_PROP_FPS) or _USUAL_FPS)
        self._due_s = time.monotonic()
        return self

    def picture(self) -> Picture | None:
        """The next frame when its time has come, or None. Raises OSError once the file is gone."""
        if self._ended:
            self._wait_for_another()
            return None
        early_s = self._due_s - time.monotonic()
        time.sleep(min(max(early_s, 0.0), SLICE_S))
        if early_s > SLICE_S:
            return None
        self._due_s += self._frame_s
        whole, image = self._capture.read()
        if not whole:
            self._ended = True
            return None
        self._frames += 1
        return image.astype(np.uint8, copy=False), now_ms()

    def close(self) -> None:
        self._capture.release()

    def _wait_for_another(self) -> None:
        time.sleep(SLICE_S / 10)
        here = _signature(self._path)
        if here is None:
            raise ScannerGone(
                f"scanner {self._scanner}: {self._path} was taken away",
                "plug it in again by putting a video file there",
            )
        if here != self._file:
            self.close()
            self.open()


def _signature(path: str) -> Signature | None:
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns
