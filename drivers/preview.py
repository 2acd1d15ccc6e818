"""What a camera sees, live, as a page on this machine: outlines, texts, who read them, and how long it took.

Plain HTML and Motion JPEG, no script. A click on the picture sets a corner of the region, two set the region.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import cv2

from drivers.decode import Decoded, Point
from drivers.look import Looked, Region
from drivers.painting import painted

HOST = "127.0.0.1"
_RATE_OVER = 15
_NEXT_S = 1.0
_QUALITY = 80
_POLICY = "default-src 'none'; img-src 'self'; frame-src 'self'; style-src 'unsafe-inline'"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>
<style>body {{ font: 16px/1.5 sans-serif; margin: 1rem; background: #fff; color: #111 }}
img {{ display: block }} iframe {{ border: 0; width: 100%; height: 22rem }}</style>
<h1>{name}</h1>
<a href="/"><img ismap src="/picture" alt="what the camera sees"></a>
<p>Click two corners on the picture to set the region. <a href="/?all">The whole picture</a></p>
<iframe src="/said" title="what was read"></iframe></html>"""
_SAID = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<style>body {{ font: 16px/1.5 sans-serif; color: #111 }} pre {{ background: #eee; padding: .5rem }}</style>
<title>what was read</title><p>{health}</p><p>{rate}</p><ul>{labels}</ul>
<p>For the scanner's table in station.toml:</p><pre>{lines}</pre></html>"""


class Preview:
    """One camera's page. `watch` takes what it looked at, from the camera's thread; `health` tells how it is.

    `region`: the one that the settings have now.
    """

    def __init__(
        self, name: str, health: Callable[[], dict[str, object]], region: Sequence[int] = ()
    ) -> None:
        self._name = name
        self._health = health
        self._news = threading.Condition()
        self._latest: Looked | None = None
        self._times: deque[int] = deque(maxlen=_RATE_OVER)
        self._corners: deque[Point] = deque(maxlen=2)
        if region:
            left, top, width, height = region
            self._corners.extend(((left, top), (left + width, top + height)))
        self._ended = False

    def watch(self, looked: Looked) -> None:
        with self._news:
            self._latest = looked
            self._times.append(looked.at_ms)
            self._news.notify_all()

    def serve(self, port: int) -> str:
        """Begin to serve, on this machine only; the page's address. Raises OSError if the port is taken."""
        self._server = ThreadingHTTPServer((HOST, port), _visitor(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="preview", daemon=True).start()
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def close(self) -> None:
        with self._news:
            self._ended = True
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def page(self, query: str) -> str:
        """The page; `query` is a click's "x,y", "all" to forget the clicks, or ""."""
        click = re.fullmatch(r"(\d{1,5}),(\d{1,5})", query)
        if click:
            self._corners.append((int(click[1]), int(click[2])))
        elif query == "all":
            self._corners.clear()
        return _PAGE.format(name=escape(self._name))

    def said(self) -> str:
        health = self._health()
        looked = self._latest
        labels = [f"<li><b>{_words(one)}</b></li>" for one in (looked.found if looked else ())]
        labels += [
            f"<li>{_words(one)}: not a label by [barcodes] in library.toml</li>"
            for one in (looked.strangers if looked else ())
        ]
        return _SAID.format(
            health=escape("; ".join(filter(None, (str(health["what"]), str(health["do"]))))),
            rate=self._rate(),
            labels="".join(labels) or "<li>nothing is read</li>",
            lines=escape(f"region = {list(self.region() or ())}"),
        )

    def region(self) -> Region | None:
        """The box between the two corners that were clicked; None is the whole picture."""
        if len(self._corners) < 2:
            return None
        (x, y), (other_x, other_y) = self._corners
        box = min(x, other_x), min(y, other_y), abs(x - other_x), abs(y - other_y)
        return box if min(box[2:]) > 0 else None

    def jpeg(self, after: Looked | None) -> tuple[Looked | None, bytes]:
        """The next picture, painted on; the one `after` once more if no other came for a second; b"" without any."""
        with self._news:
            self._news.wait_for(lambda: self._ended or self._latest is not after, _NEXT_S)
            looked = self._latest
        if self._ended or looked is None:
            return None, b""
        image = painted(looked.image, looked.found, looked.strangers, self.region(), self._rate())
        return looked, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[
            1
        ].tobytes()

    @property
    def ended(self) -> bool:
        return self._ended

    def _rate(self) -> str:
        times, looked = list(self._times), self._latest
        if looked is None or len(times) < 2 or times[-1] == times[0]:
            return "no picture yet"
        rate = 1000 * (len(times) - 1) / (times[-1] - times[0])
        return f"{rate:.1f} pictures a second, {1000 * looked.cpu_s:.1f} ms for the last one"


def _words(one: Decoded) -> str:
    return escape(f"{one.text} ({one.symbology}, {one.by})")


def _visitor(preview: Preview) -> type[BaseHTTPRequestHandler]:
    class Visitor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page from elsewhere that gave this address its own name must not look through the camera.
            if urlsplit(f"//{self.headers['Host']}").hostname not in (HOST, "localhost"):
                self.send_error(403)
                return
            path, _, query = self.path.partition("?")
            match path:
                case "/":
                    self._html(preview.page(query))
                case "/said":
                    self._html(preview.said())
                case "/picture":
                    self._pictures()
                case _:
                    self.send_error(404)

        def _html(self, text: str) -> None:
            body = text.encode("utf-8", "replace")
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", _POLICY)
            self.end_headers()
            self.wfile.write(body)

        def _pictures(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            last: Looked | None = None
            # The mark follows each picture, too: a browser shows a picture when it has seen where it ends.
            self.wfile.write(b"--next\r\n")
            # Whoever looks away ends it: writing to a page that is gone fails.
            with contextlib.suppress(OSError):
                while not preview.ended:
                    last, jpeg = preview.jpeg(last)
                    if jpeg:
                        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                        self.wfile.write(head.encode() + jpeg + b"\r\n--next\r\n")

        def log_message(self, *_: object) -> None:
            """The console tells what was scanned, and nothing else."""

    return Visitor
