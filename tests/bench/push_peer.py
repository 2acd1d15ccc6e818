"""The least that can push to a page: Flask, waitress, one event stream, one number. The peer of scan_to_screen."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator

from flask import Flask, Response
from waitress import serve

PAGE = """<!doctype html><meta charset="utf-8"><title>push</title><p id="n"></p><script>
new EventSource("/events").onmessage = (event) => {
  const pushed = JSON.parse(event.data);
  document.getElementById("n").textContent = pushed.n;
  document.documentElement.dataset.n = pushed.n;
};
</script>"""


def create_app() -> Flask:
    app = Flask(__name__)
    changed = threading.Condition()
    count = [0]

    def pushes() -> Iterator[bytes]:
        sent = -1
        while True:
            with changed:
                while count[0] == sent:
                    changed.wait()
                sent = count[0]
            yield f"data: {json.dumps({'n': sent, 'cue_n': sent})}\n\n".encode()

    @app.get("/")
    def page() -> str:
        return PAGE

    @app.get("/events")
    def events() -> Response:
        return Response(pushes(), mimetype="text/event-stream")

    @app.post("/demo/scan")
    def scan() -> dict[str, bool]:
        with changed:
            count[0] += 1
            changed.notify_all()
        return {"ok": True}

    return app


if __name__ == "__main__":
    port = int(sys.argv[1])
    print(f"listening http://127.0.0.1:{port}/", flush=True)
    serve(create_app(), host="127.0.0.1", port=port, threads=8, channel_request_lookahead=1)
