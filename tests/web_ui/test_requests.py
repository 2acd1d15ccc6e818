"""What the station's port takes and refuses: hosts, origins, bodies of every kind. Never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from kiosk.screen import Place, Touch
from tests.web_ui.fakes import FakeHands, FakeStation, Touched
from tests.web_ui.samples import lent, on_visit, screen, visit
from web_ui.security import MAX_BODY_BYTES
from web_ui.station import create_app

POSTS = ("/touch", "/demo/scan", "/demo/clock", "/demo/network", "/demo/paper")


def told(answer: TestResponse) -> Any:
    return answer.json


@pytest.fixture
def station() -> FakeStation:
    return FakeStation(screen(Place.IDLE))


@pytest.fixture
def hands() -> FakeHands:
    return FakeHands()


@pytest.fixture
def client(station: FakeStation, hands: FakeHands) -> FlaskClient:
    return create_app(station, hands=hands).test_client()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST"]
)
def test_the_machine_itself_is_served(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["library.example", "127.0.0.1.example", "10.0.0.7:8080", "localhost.evil", "[::2]", "[", ""],
)
def test_other_names_are_refused_in_plain_words(client: FlaskClient, host: str) -> None:
    for path in ("/", "/events", "/health", "/demo/screen", "/static/js/main.js"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 403, path
        assert answer.mimetype == "text/plain"
        assert "127.0.0.1" in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9", "https://localhost"]
)
def test_another_origin_may_not_touch(
    client: FlaskClient, station: FakeStation, origin: str
) -> None:
    answer = client.post("/touch", json={"touch": "find"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert not station.touched


def test_our_own_origin_may_touch(client: FlaskClient, station: FakeStation) -> None:
    sent = {"touch": "key", "visit": None, "line": None, "text": "H"}
    assert client.post("/touch", json=sent, headers={"Origin": "http://localhost"}).json == {
        "ok": True
    }
    assert station.touched == [Touched(Touch.KEY, None, None, "H")]


def test_a_refused_touch_says_so(client: FlaskClient, station: FakeStation) -> None:
    station.allow = False
    assert client.post("/touch", json={"touch": "renew", "visit": "v1", "line": 3}).json == {
        "ok": False
    }


def test_another_site_may_not_listen(client: FlaskClient) -> None:
    assert (
        client.get(
            "/events", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        ).status_code
        == 403
    )


@pytest.mark.parametrize("path", POSTS)
def test_a_post_must_be_json(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data="text=1", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert answer.json == {"error": "Content-Type must be application/json"}


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/touch", "[", 400, "the body is not JSON"),
        ("/touch", "[1]", 400, "must be a JSON object"),
        ("/touch", b"\xff\xfe", 400, "not UTF-8"),
        ("/touch", "[" * 30000, 400, "not JSON"),
        ("/touch", "{}", 400, '"touch" must be a text'),
        ("/touch", '{"touch": "explode"}', 400, '"touch" is not known; send one of: language'),
        ("/touch", '{"touch": "renew", "line": true}', 400, '"line" must be the whole number'),
        ("/touch", '{"touch": "renew", "line": 1e400}', 400, '"line" must be the whole number'),
        ("/touch", '{"touch": "renew", "visit": 7}', 400, '"visit" must be a text'),
        (
            "/touch",
            json.dumps({"touch": "key", "text": "x" * 65}),
            413,
            '"text" has 65 characters; at most 64',
        ),
        ("/demo/scan", '{"text": null}', 400, '"text" must be a text'),
        ("/demo/scan", json.dumps({"text": "x" * 9000}), 413, "at most 8192 are taken"),
        ("/demo/clock", '{"at": "noon"}', 400, 'write a local time such as "2026-11-25T11:45"'),
        ("/demo/network", '{"up": 1}', 400, '"up" must be true or false'),
        ("/demo/paper", '{"out": "yes"}', 400, '"out" must be true or false'),
    ],
)
def test_a_bad_body_is_told_what_to_send(
    client: FlaskClient, path: str, body: Any, status: int, error: str
) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code == status
    assert error in told(answer)["error"]


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/demo/scan", data=b" " * (MAX_BODY_BYTES + 1), content_type="application/json"
    )
    assert answer.status_code == 413
    assert "error" in told(answer)


FIELDS = st.sampled_from(["touch", "visit", "line", "text", "at", "up"]) | st.text(max_size=3)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=8,
)


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    path=st.sampled_from(POSTS),
    body=st.one_of(st.binary(max_size=200), ANY_JSON.map(lambda v: json.dumps(v).encode())),
)
def test_no_body_is_ever_our_mistake(client: FlaskClient, path: str, body: bytes) -> None:
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code in (200, 400, 413)
    assert ("error" in told(answer)) == (answer.status_code != 200)


@settings(
    max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(text=st.text(st.characters(), max_size=300))
def test_any_text_can_be_scanned(client: FlaskClient, hands: FakeHands, text: str) -> None:
    answer = client.post(
        "/demo/scan", data=json.dumps({"text": text}), content_type="application/json"
    )
    assert answer.json == {"ok": True}
    hands.scanned[-1].encode("utf-8")
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert hands.scanned[-1] == text


def test_the_demo_shows_what_is_pushed_and_moves_clock_and_plug(
    client: FlaskClient, hands: FakeHands
) -> None:
    assert told(client.get("/demo/screen"))["place"] == "idle"
    assert told(client.post("/demo/clock", json={"at": "2026-11-28T10:00"}))["at"].startswith(
        "2026-11-28T10:00"
    )
    assert client.post("/demo/network", json={"up": False}).json == {"up": False}
    assert told(client.get("/demo/state"))["up"] is False
    assert len(told(client.get("/demo/shelf"))["cards"]) == 1200
    assert told(client.get("/demo/shelf?changed_since=1")) == {"n": 1, "copies": []}
    assert told(client.get("/demo/tray"))[0]["text"].startswith("借书小票")
    assert "demo/panel" not in client.get("/demo/").text
    for language in ("zh", "en", "xx"):
        assert client.get(f"/demo/?lang={language}").status_code == 200


@pytest.mark.parametrize("number", ["", "-1", "all", "9" * 19, "①"])
def test_a_number_that_no_look_had_is_refused(client: FlaskClient, number: str) -> None:
    answer = client.get("/demo/shelf", query_string={"changed_since": number})
    assert answer.status_code == 400
    assert told(answer)["error"] == '"changed_since" must be the number "n" of an earlier answer'


def test_a_scan_that_nobody_read_is_not_called_done(client: FlaskClient, hands: FakeHands) -> None:
    hands.reads = False
    answer = client.post("/demo/scan", json={"text": "00000001"})
    assert answer.status_code == 503
    assert "start the demo again" in told(answer)["error"]


def test_without_hands_there_is_no_demo(station: FakeStation) -> None:
    client = create_app(station).test_client()
    for path in ("/demo/", "/demo/shelf", "/demo/screen", "/demo/static/panel.js"):
        assert client.get(path).status_code == 404
    assert client.post("/demo/scan", json={"text": "x"}).status_code == 404


def test_the_slip_of_a_visit_is_a_page_and_a_gone_one_a_sentence(
    client: FlaskClient, station: FakeStation
) -> None:
    station.visits["v1"] = on_visit(visit(lent(1)))
    assert "12月9日前还" in client.get("/slip/v1").text
    assert "back by Dec 9" in client.get("/slip/v1?lang=en").text
    gone = client.get("/slip/v9?lang=en")
    assert (gone.status_code, gone.text) == (404, "This slip is gone. Please scan your card again.")


def test_a_stream_that_was_never_read_gives_its_place_back(station: FakeStation) -> None:
    app = create_app(station, streams=1)
    for _ in range(3):
        with app.test_client().head("/events") as answer:
            assert answer.status_code == 200


def test_health_is_told_as_json(client: FlaskClient) -> None:
    assert client.get("/health").json == {"ok": True, "unsent": 0}


def test_every_answer_is_guarded(client: FlaskClient) -> None:
    for path in ("/", "/health", "/slip/none", "/nowhere", "/static/js/main.js", "/demo/"):
        answer = client.get(path)
        answer.close()
        headers = answer.headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == ("no-cache" if "/static/" in path else "no-store")
