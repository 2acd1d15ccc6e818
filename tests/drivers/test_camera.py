"""The camera as a scanner: what it hands on, how it is lost and found, how much it looks. On streams and files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from drivers.camera import CameraScanner, Pace, is_film
from drivers.capture import Optics, address_of, cameras_here, open_camera, shown
from drivers.decoders import find_decoders
from drivers.errors import (
    DriverError,
    ScannerGone,
    ScannerHeld,
    ScannerNotFound,
    ScannerNotPermitted,
)
from drivers.look import Looked
from drivers.site_profile import SiteProfile
from tests.drivers.test_serial_scanner import as_nobody
from tests.drivers.views import NOTHING, TALL, WIDE, Projection, Stream, view
from tests.drivers.wires import Ear, wait_until

SITE = SiteProfile(shapes={"B####": "none", "########": "none"})


@pytest.fixture
def stream() -> Iterator[Stream]:
    stream = Stream()
    yield stream
    stream.switch_off()


def looking_at(stream: Stream, **how: object) -> CameraScanner:
    return CameraScanner("desk", stream.url, Optics(fps=100), profile=lambda: SITE, **how)  # type: ignore[arg-type]


def is_state(scanner: CameraScanner, state: str) -> None:
    wait_until(lambda: scanner.health()["state"] == state, f"{state}; it is {scanner.health()}")


def no_end() -> bool:
    return False


# --- lost and found ---


def test_the_newest_picture_is_looked_at_however_slow_the_looking_is(stream: Stream) -> None:
    seen: list[float] = []

    def slow(looked: Looked) -> None:
        seen.append(float(looked.image.mean()))
        # Dozens of pictures are sent meanwhile; none of them is to be looked at afterwards.
        time.sleep(0.2)
        if len(seen) == 3:
            stream.put(np.full((TALL, WIDE), 250, np.uint8))
        time.sleep(0.3)

    scanner = looking_at(stream, watch=slow)
    scanner.start(Ear())
    wait_until(lambda: len(seen) >= 4, "four looks")
    scanner.stop()
    assert max(seen[:3]) < 200 < seen[3]


def test_a_camera_that_is_lost_is_told_and_found_again(stream: Stream) -> None:
    scanner, ear = looking_at(stream), Ear()
    stream.put(view("B0001"))
    scanner.start(ear)
    assert ear.hears(1) == ["B0001"]
    assert scanner.health() == {
        "state": "green",
        "what": f"desk: camera {stream.url}, {WIDE}x{TALL}",
        "do": "",
    }
    stream.switch_off()
    is_state(scanner, "red")
    assert "desk" in str(scanner.health()["what"])
    stream.put(view("B0002"))
    stream.switch_on()
    is_state(scanner, "green")
    assert ear.hears(2) == ["B0001", "B0002"]
    scanner.stop()


def test_a_camera_that_stops_sending_is_told(stream: Stream) -> None:
    scanner = looking_at(stream)
    scanner.start(Ear())
    is_state(scanner, "green")
    stream.put_raw(b"")
    is_state(scanner, "red")
    stream.put(NOTHING)
    is_state(scanner, "green")
    scanner.stop()


def test_a_damaged_picture_is_passed_over(stream: Stream) -> None:
    scanner, ear = looking_at(stream), Ear()
    scanner.start(ear)
    is_state(scanner, "green")
    stream.put_raw(b"\xff\xd8\xff\xe0 no picture")
    time.sleep(0.2)
    stream.put(view("B0001"))
    assert ear.hears(1) == ["B0001"]
    scanner.stop()


def test_a_region_that_leaves_the_picture_is_told(stream: Stream) -> None:
    scanner = looking_at(stream, region=(0, 0, 1280, 720))
    scanner.start(Ear())
    is_state(scanner, "red")
    assert scanner.health() == {
        "state": "red",
        "what": f"scanner desk: region [0, 0, 1280, 720] leaves the picture of {WIDE}x{TALL}",
        "do": "correct region in station.toml; kiosk check camera shows the line",
    }
    scanner.stop()


# --- what cannot be opened ---


def refusal(device: str) -> DriverError:
    with pytest.raises(DriverError) as caught:
        open_camera(device, Optics(), "desk", no_end)
    return caught.value


def test_where_no_camera_is_the_message_says_so() -> None:
    error = refusal("/dev/video99")
    assert isinstance(error, ScannerNotFound)
    assert error.what == "scanner desk: /dev/video99 is not there"
    here = ", ".join(cameras_here()) or "no camera"
    assert error.do == f"plug it in, or correct device in station.toml; plugged in now: {here}"


def test_a_camera_that_may_not_be_opened_names_the_group(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a device that belongs to group video")
    path = tmp_path / "video0"
    path.touch(mode=0o660)
    shutil.chown(path, group="video")
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)
    with as_nobody():
        error = refusal(str(path))
    assert isinstance(error, ScannerNotPermitted)
    assert "may be opened by group video only" in error.what
    assert "sudo usermod -aG video" in error.do


def test_what_gives_no_picture_is_told_and_who_holds_it() -> None:
    error = refusal("/dev/full")
    assert isinstance(error, ScannerGone)
    assert error.what.startswith("scanner desk: /dev/full gives no picture")
    assert "width, height or fourcc" in error.do
    holder = [sys.executable, "-c", "held = open('/dev/full', 'w'); print(flush=True); input()"]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout
        program.stdout.readline()
        error = refusal("/dev/full")
        program.kill()
    assert isinstance(error, ScannerHeld)
    assert f"held by process {program.pid} (" in error.what


def test_a_file_that_is_no_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.avi"
    path.write_text("no video")
    scanner = CameraScanner("desk", str(path))
    scanner.start(Ear())
    is_state(scanner, "red")
    assert scanner.health()["what"] == f"scanner desk: {path} is no video that can be played"
    scanner.stop()


def test_devices_are_named_by_path_number_lasting_name_address_or_file(tmp_path: Path) -> None:
    assert address_of("/dev/video2") == "/dev/video2"
    assert address_of("2") == "/dev/video2"
    assert address_of("usb-Cam-index0", tmp_path) == str(tmp_path / "usb-Cam-index0")
    assert address_of("rtsp://10.0.0.7/live") == "rtsp://10.0.0.7/live"
    names = ["usb-Cam-video-index0", "usb-Cam-video-index1"]
    for name in names:
        (tmp_path / name).touch()
    # The second node of a camera gives its times, not pictures.
    assert cameras_here(tmp_path) == names[:1]
    # The password of a network camera is no word for the screen.
    assert shown("rtsp://admin:secret@10.0.0.7/live") == "rtsp://10.0.0.7/live"
    film = tmp_path / "film.avi"
    assert [is_film(one) for one in (str(film), "/dev/video0", "0", "http://x/y", "usb-Cam")] == [
        True, False, False, False, False,
    ]  # fmt: skip


# --- how much it looks ---


def test_a_camera_keeps_to_its_share_of_a_core() -> None:
    pace = Pace(fps=100, cpu_share=0.25)
    assert pace.may_look()
    pace.took(time.monotonic(), cpu_s=0.1)
    assert not pace.may_look()


def test_every_frame_of_a_video_file_is_looked_at(tmp_path: Path) -> None:
    film, seen = Projection(tmp_path), list[Looked]()
    frames = film.show([NOTHING] * 50)
    scanner = CameraScanner("desk", str(film.path), Optics(fps=1), watch=seen.append)
    scanner.start(Ear())
    wait_until(lambda: len(seen) == frames, f"{frames} looks; there were {len(seen)}")
    scanner.stop()


def test_a_decoder_that_is_absent_is_named_once(stream: Stream) -> None:
    words = "decoder tapirscan is not installed; pip install tapirscan"
    decoders = replace(find_decoders(["zxing-cpp"]), absent=(words,))
    with capture_logs() as logged:
        scanner = looking_at(stream, decoders=decoders)
        scanner.start(Ear())
        is_state(scanner, "green")
        stream.switch_off()
        is_state(scanner, "red")
        stream.switch_on()
        is_state(scanner, "green")
        scanner.stop()
    assert [line["event"] for line in logged].count(words) == 1
