"""Finding input devices in a made-up sysfs, and the kernel's numbers against its own headers."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.errors import ScannerMisnamed, ScannerNotFound
from drivers.evdev_device import (
    EVENT,
    GET_KEYS,
    GET_LEDS,
    GRAB,
    SET_CLOCK,
    KernelDevice,
    devices,
    find,
    read_events,
)

# Key bits of a real USB keyboard and of a power button, as sysfs writes them.
KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
BUTTON = "10000000000000 0"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "dev/by-id").mkdir(parents=True)
    return tmp_path


def plug(
    tree: Path, number: int, ids: str, name: str, keys: str = KEYBOARD, uniq: str = ""
) -> None:
    about = tree / f"sys/event{number}/device"
    (about / "id").mkdir(parents=True)
    (about / "capabilities").mkdir()
    vendor, product = ids.split(":")
    texts = {"id/vendor": vendor, "id/product": product, "name": name, "uniq": uniq}
    for file, text in {**texts, "capabilities/key": keys}.items():
        (about / file).write_text(text + "\n")
    (tree / f"dev/event{number}").touch()


def found(tree: Path, wanted: str) -> str:
    path = find(wanted, "cards", tree / "sys", tree / "dev")
    return path.removeprefix(f"{tree}/dev/")


def test_only_devices_that_type_are_seen(tree: Path) -> None:
    plug(tree, 0, "0000:0001", "Power Button", BUTTON)
    plug(tree, 10, "0c2e:0b61", "ACME Scanner")
    plug(tree, 2, "ffff:0035", "Card Reader", uniq="R-1")
    here = list(devices(tree / "sys", tree / "dev"))
    assert [str(one).replace(f"{tree}/", "") for one in here] == [
        "ffff:0035 Card Reader (dev/event2)",
        "0c2e:0b61 ACME Scanner (dev/event10)",
    ]


@pytest.mark.parametrize(
    "wanted", ["0c2e:0b61", "0C2E:0B61", "ACME Scanner", "0c2e:0b61:S 1", "/dev/input/by-id/x"]
)
def test_a_device_is_found_by_numbers_serial_name_or_path(tree: Path, wanted: str) -> None:
    plug(tree, 1, "ffff:0035", "Card Reader")
    plug(tree, 3, "0c2e:0b61", "ACME Scanner", uniq="S 1")
    assert found(tree, wanted) in ("event3", "/dev/input/by-id/x")


def test_twins_are_told_apart_by_serial_or_the_paths_to_choose_from_are_named(tree: Path) -> None:
    plug(tree, 1, "0c2e:0b61", "ACME Scanner", uniq="A")
    plug(tree, 2, "0c2e:0b61", "ACME Scanner", uniq="B")
    (tree / "dev/by-id/usb-ACME_B-event-kbd").symlink_to("../event2")
    assert found(tree, "0c2e:0b61:B") == "event2"
    with pytest.raises(ScannerMisnamed) as caught:
        found(tree, "0c2e:0b61")
    assert str(caught.value) == (
        "scanner cards: 2 devices answer to 0c2e:0b61; set device in station.toml to one of "
        f"{tree}/dev/event1, {tree}/dev/by-id/usb-ACME_B-event-kbd"
    )


def test_what_is_not_there_is_said_with_what_is(tree: Path) -> None:
    with pytest.raises(ScannerNotFound) as caught:
        found(tree, "ACME")
    assert str(caught.value) == (
        "scanner cards: no device answers to ACME; plug it in, or correct device in station.toml; "
        "plugged in now: nothing that types"
    )
    plug(tree, 4, "ffff:0035", "Card Reader")
    with pytest.raises(ScannerNotFound) as caught:
        found(tree, "ACME")
    assert caught.value.do.endswith(f"plugged in now: ffff:0035 Card Reader ({tree}/dev/event4)")


def test_events_are_read_as_many_as_lie_ready_with_the_kernels_time() -> None:
    near, far = os.pipe()
    assert read_events(near, 0) == []
    os.write(far, EVENT.pack(12, 345_999, 1, 30, 1) + EVENT.pack(12, 346_000, 1, 30, 0))
    assert read_events(near, 0) == [((1, 30, 1), 12_345), ((1, 30, 0), 12_346)]
    os.close(far)
    with pytest.raises(OSError) as caught:
        read_events(near, 0)
    assert caught.value.errno == errno.ENODEV
    os.close(near)


def test_a_file_that_is_no_input_device_is_refused_and_not_left_open(tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.touch()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError) as caught:
        KernelDevice(str(path))
    assert caught.value.errno == errno.ENOTTY
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_kernels_numbers_are_those_of_its_header(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if not compiler or not Path("/usr/include/linux/input.h").exists():
        pytest.skip("needs cc and linux/input.h (packages gcc, linux-libc-dev)")
    source = tmp_path / "numbers.c"
    source.write_text(
        "#include <linux/input.h>\n#include <stdio.h>\n"
        'int main(void) { printf("%lu %lu %lu %lu %zu", (unsigned long)EVIOCGRAB,'
        " (unsigned long)EVIOCSCLOCKID, (unsigned long)EVIOCGKEY(96), (unsigned long)EVIOCGLED(2),"
        " sizeof(struct input_event)); return 0; }\n"
    )
    subprocess.run([compiler, "-o", str(tmp_path / "numbers"), str(source)], check=True)
    said = subprocess.run([str(tmp_path / "numbers")], capture_output=True, text=True, check=True)
    ours = [GRAB, SET_CLOCK, GET_KEYS, GET_LEDS, EVENT.size]
    assert [int(number) for number in re.findall(r"\d+", said.stdout)] == ours
