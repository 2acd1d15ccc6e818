"""What lies before a camera: pictures of labels, as a video file or as a stream, both read through OpenCV."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from drivers.decode import Image, Symbology
from tests.bench.frames import label

TALL, WIDE = 160, 640
FPS = 240
NOTHING: Image = np.full((TALL, WIDE), 128, np.uint8)


def view(text: str, symbology: Symbology = Symbology.CODE128, *, shift: int = 0) -> Image:
    """A label in the middle of the picture, or `shift` pixels beside it; it may stand out of the frame."""
    paper = label(symbology, text, scale=2)
    tall, wide = paper.shape
    room = np.full((TALL, 3 * WIDE), 128, np.uint8)
    top, left = (TALL - tall) // 2, WIDE + (WIDE - wide) // 2 + shift
    room[top : top + tall, left : left + wide] = paper
    return room[:, WIDE : 2 * WIDE]


class Projection:
    """A video file whose content can be changed: Motion JPEG in an AVI, written beside it and moved in its place."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "camera.avi"

    def show(self, images: Iterable[Image]) -> int:
        """How many frames it has now."""
        part = self.path.with_name("part.avi")
        kind = cv2.VideoWriter.fourcc(*"MJPG")
        film = cv2.VideoWriter(str(part), kind, FPS, (WIDE, TALL))
        assert film.isOpened(), "OpenCV cannot write Motion JPEG here"
        count = 0
        for count, image in enumerate(images, 1):  # noqa: B007
            film.write(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
        film.release()
        os.replace(part, self.path)
        return count

    def remove(self) -> None:
        self.path.unlink()


class Stream:
    """A network camera on this machine: it sends what lies before it, again and again, until it is switched off."""

    def __init__(self, image: Image = NOTHING) -> None:
        self._jpeg = b""
        self._port = 0
        self.put(image)
        self.switch_on()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def put(self, image: Image) -> None:
        self.put_raw(cv2.imencode(".jpg", image)[1].tobytes())

    def put_raw(self, jpeg: bytes) -> None:
        """b"": from now on nothing is sent, and the line stays open."""
        self._jpeg = jpeg

    def switch_on(self) -> None:
        stream = self

        class Sender(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                self.end_headers()
                stream._send(self)

            def log_message(self, *_: object) -> None:
                """Nothing on the console."""

        self._off = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Sender)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def switch_off(self) -> None:
        self._off.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _send(self, sender: BaseHTTPRequestHandler) -> None:
        off = self._off
        try:
            while not off.wait(0.01):
                jpeg = self._jpeg
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                sender.wfile.write(head.encode() + jpeg + b"\r\n" if jpeg else b"")
        except OSError:
            return
