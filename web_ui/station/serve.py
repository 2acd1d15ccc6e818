"""Serves the touchscreen with waitress: every stream holds a thread, so there must be more threads than streams."""

from __future__ import annotations

import threading

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from web_ui.events import Streams
from web_ui.station.app import STREAMS

SPARE_THREADS = 8
LOOP_S = 1.0
STOP_S = 5.0


class Server:
    """`run()` blocks until `close()` is called from another thread or a signal handler."""

    def __init__(self, app: Flask, host: str, port: int, streams: int = STREAMS) -> None:
        self._streams: Streams = app.extensions["streams"]
        assert self._streams.limit <= streams, (
            f"the application lets {self._streams.limit} streams in, the server has threads for {streams}: "
            "pass the same number to create_app and serve"
        )
        self._sockets: dict[int, object] = {}
        # With a lookahead of 1 waitress notices that a page has gone while its stream is still running.
        self._server = create_server(
            app,
            map=self._sockets,
            host=host,
            port=port,
            threads=streams + SPARE_THREADS,
            channel_request_lookahead=1,
            clear_untrusted_proxy_headers=True,
            ident=None,
            max_request_body_size=1 << 20,
        )
        self.host, self.port = host, int(self._server.effective_port)
        self._closing = threading.Event()
        self._running, self._pulling = threading.Lock(), threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def run(self) -> None:
        with self._running:
            while not self._closing.is_set():
                wasyncore.loop(timeout=LOOP_S, map=self._sockets, use_poll=True, count=1)
            self._server.task_dispatcher.shutdown(timeout=STOP_S)
            # Not while close() pulls the trigger: its number may be another file's by then.
            with self._pulling:
                wasyncore.close_all(self._sockets, ignore_all=True)

    def close(self) -> None:
        """End the streams, let running requests finish, free the port; returns when `run` has ended."""
        self._streams.stop()
        with self._pulling:
            if not self._closing.is_set():
                self._closing.set()
                self._server.pull_trigger()
        with self._running:
            wasyncore.close_all(self._sockets, ignore_all=True)


def serve(app: Flask, host: str, port: int, streams: int = STREAMS) -> Server:
    """A server that is bound to its port already, but does not answer before `run()`."""
    return Server(app, host, port, streams)
