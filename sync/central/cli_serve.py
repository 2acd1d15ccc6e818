"""Serves the central record with waitress until it is closed."""

from __future__ import annotations

import gc
import threading
from socket import socket

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from sync.central.import_jobs import MAX_FILE_BYTES

THREADS = 16
STOP_S = 10.0
LOOP_S = 1.0
# Values made before the collector of cycles looks at the young ones.
_YOUNG = 50_000


def collect_seldom() -> None:
    """A batch makes tens of thousands of values and no cycles: to look for them after every 700 costs a sixth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


class Server:
    """Bound to its port already; `run()` answers until `close()` is called from elsewhere. Port 0: any free one.

    proxy: the address of a proxy; what it says of who asks (X-Forwarded-For, the last one) counts as the peer.
    listening: a socket that does so already, in place of host and port.
    """

    def __init__(
        self, app: Flask, host: str, port: int, *, proxy: str = "", listening: socket | None = None
    ) -> None:
        self._sockets: dict[int, object] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            **({"sockets": [listening]} if listening else {"host": host, "port": port}),
            threads=THREADS,
            trusted_proxy=proxy or None,
            trusted_proxy_headers={"x-forwarded-for"} if proxy else set(),
            clear_untrusted_proxy_headers=True,
            ident=None,
            # A catalogue goes in as one form. Whoever answers knows its own limit and says so in our own words; what is
            # larger than anything may be is not even taken in.
            max_request_body_size=MAX_FILE_BYTES + (1 << 20),
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
        """Let running calls finish, free the port; returns when `run` has ended."""
        with self._pulling:
            if not self._closing.is_set():
                self._closing.set()
                self._server.pull_trigger()
        with self._running:
            wasyncore.close_all(self._sockets, ignore_all=True)
