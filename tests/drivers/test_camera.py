"""The camera as a scanner: what it hands on, how it is lost and found, how much it looks. On streams and files."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from drivers.camera import CameraScanner, Pace, is_film
from drivers.capture import Optics, address_of, cameras_here, open_camera, shown
from drivers.decode import Decoded, Image, Symbology
from drivers.decoders import find_decoders
from drivers.errors import (
    DriverError,
    ScannerGone,
    ScannerHeld,
    ScannerNotFound,
    ScannerNotPermitted,
)
from drivers.look import Look, Looked
from drivers.presence import LEFT_FRAMES, LEFT_MS, Presence
from drivers.site_profile import SiteProfile
from tests.drivers.test_serial_scanner import as_nobody
from tests.drivers.views import NOTHING, TALL, WIDE, Projection, Stream, view
from tests.drivers.wires import Ear, wait_until

SITE = SiteProfile(shapes={"B####": "none", "########": "none"})
ISBN = "9787020002207"


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


# --- what is handed on ---


def look(**how: object) -> Callable[[Image], list[str]]:
    """Looks at pictures one tenth of a second apart, and tells the texts of what newly came."""
    one = Look("desk", find_decoders(["zxing-cpp"]), lambda: SITE, **how)  # type: ignore[arg-type]
    times = itertools.count(0, 100)
    return lambda image: [new.text for new in one.at(image, next(times)).new]


def test_a_label_held_still_is_one_scan_and_another_one_after_it_has_left() -> None:
    at = look()
    label = view("B0001")
    assert [at(label) for _ in range(30)] == [[], ["B0001"], *[[]] * 28]
    gone = LEFT_MS // 100
    assert [at(NOTHING) for _ in range(gone - 1)] == [[]] * (gone - 1)
    assert at(label) == at(label) == []
    assert [at(NOTHING) for _ in range(gone)] == [[]] * gone
    assert (at(label), at(label)) == ([], ["B0001"])


def test_one_frame_alone_is_not_believed() -> None:
    at = look()
    assert [at(image) for image in (view("B0001"), view("B0002"), NOTHING)] == [[], [], []]


def test_codes_that_are_none_of_the_library_are_not_scans() -> None:
    at = look()
    for stranger in (view("12345"), view("B00012"), view("6901234567892", Symbology.EAN13)):
        assert at(stranger) == at(stranger) == []


def test_the_isbn_beside_a_label_is_left_out_and_alone_it_is_a_scan() -> None:
    both = np.vstack([view("B0001"), view(ISBN, Symbology.EAN13)])
    at = look()
    assert [at(both), at(both), at(both)] == [[], ["B0001"], []]
    at = look()
    alone = view(ISBN, Symbology.EAN13)
    assert [at(alone), at(alone)] == [[], [ISBN]]


def test_nothing_is_read_outside_of_the_region_and_outlines_lie_in_the_whole_picture() -> None:
    picture = np.vstack([view("B0001"), view("B0002")])
    at = look(region=(0, TALL, WIDE, TALL))
    assert [at(picture), at(picture)] == [[], ["B0002"]]
    one = Look("desk", find_decoders(["zxing-cpp"]), lambda: SITE, region=(0, TALL, WIDE, TALL))
    (found,) = one.at(picture, 0).found
    assert all(TALL < y < 2 * TALL for _x, y in found.corners)


def test_a_number_without_check_digit_needs_three_frames_where_it_may_be_read_short() -> None:
    itf = Decoded("00012345", Symbology.ITF, ())
    codabar = Decoded("00012345", Symbology.CODABAR, ())
    plain = SiteProfile(shapes={"########": "none"})
    checked = SiteProfile(shapes={"########": "mod10"})
    assert [plain.frames_needed(one, 2) for one in (itf, codabar)] == [3, 3]
    assert plain.frames_needed(Decoded("00012345", Symbology.CODE39, ()), 2) == 2
    assert checked.frames_needed(Decoded("00012344", Symbology.ITF, ()), 2) == 2


def test_a_label_is_still_there_until_frames_without_it_were_looked_at() -> None:
    presence, one = Presence(), Decoded("B0001", Symbology.CODE128, ())
    assert presence.take([one], [one], 0) == (one,)
    # The camera was lost for an hour; the book lies there still.
    assert presence.take([one], [one], 3_600_000) == ()
    for frame in range(LEFT_FRAMES):
        assert presence.take([], [], 7_200_000 + frame) == ()
    assert presence.take([one], [one], 7_200_010) == (one,)


def test_the_slow_decoders_take_turns_in_one_of_five_empty_frames() -> None:
    asked: list[str] = []

    def decoder(name: str):
        def read(_image: Image, _allowed: frozenset[Symbology]) -> tuple[Decoded, ...]:
            asked.append(name)
            return ()

        return read

    decoders = find_decoders(["zxing-cpp"])
    three = replace(decoders, quick=(decoder("q"),), slow=(decoder("one"), decoder("two")))
    one = Look("desk", three, lambda: SITE)
    for at_ms in range(10):
        one.at(NOTHING, at_ms)
    assert asked == ["q"] * 5 + ["two"] + ["q"] * 5 + ["one"]


# --- lost and found ---


def test_the_newest_picture_is_looked_at_however_slow_the_looking_is(stream: Stream) -> None:
    seen: list[Looked] = []

    def slow(looked: Looked) -> None:
        seen.append(looked)
        time.sleep(0.3)

    scanner = looking_at(stream, watch=slow)
    scanner.start(Ear())
    wait_until(lambda: len(seen) >= 2, "two looks")
    stream.put(np.full((TALL, WIDE), 250, np.uint8))
    # Thirty pictures were sent during each look: a queue of them would be dark for many looks more.
    count = len(seen)
    wait_until(lambda: len(seen) >= count + 3, "three looks")
    scanner.stop()
    assert seen[count + 2].image.mean() > 200


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
