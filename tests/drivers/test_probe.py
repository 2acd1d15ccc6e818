"""What is plugged in, from a machine made of folders; and listening to it, over a real pty and a pipe."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from config.settings import load_station
from drivers.listen import Listening
from drivers.probe import BUILT_IN, Machine, Plugged
from tests.drivers.paper import plug_usb
from tests.drivers.test_serial_scanner import as_nobody
from tests.drivers.wires import Terminal, Typist

STATION = '[station]\nid = "hall-1"\nname = "大厅"\n'
# Bits 2 and 28: the key 1 and Enter, all that a scanner need have.
TYPES = f"{1 << 2 | 1 << 28:x}"


class Rig:
    """A machine in a folder: devices are plain files, sysfs what the kernel writes there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports: list[ListPortInfo] = []
        for folder in ("sys/class/input", "dev/input/by-id", "dev/serial/by-id", "dev/v4l/by-id", "proc"):  # fmt: skip
            (root / folder).mkdir(parents=True)
        self.machine = Machine(root / "sys", root / "dev", root / "proc", lambda: self.ports)

    def put(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def port(self, name: str, by_id: str = "", **about: object) -> ListPortInfo:
        port = ListPortInfo(str(self.put(f"dev/{name}")))
        for key, value in about.items():
            setattr(port, key, value)
        self.ports.append(port)
        if by_id:
            (self.root / "dev/serial/by-id" / by_id).symlink_to(port.device)
        return port

    def keyboard(self, number: int, name: str, by_id: str = "") -> Path:
        about = f"sys/class/input/event{number}/device"
        files = {"id/vendor": "0c2e", "id/product": "0b61", "uniq": "", "name": name}
        files["capabilities/key"] = TYPES
        for file, text in files.items():
            self.put(f"{about}/{file}", f"{text}\n")
        node = self.put(f"dev/input/event{number}")
        if by_id:
            (self.root / "dev/input/by-id" / by_id).symlink_to(node)
        return node


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def only(rig: Rig) -> Plugged:
    (one,) = rig.machine.plugged()
    return one


def test_an_empty_machine_has_nothing(rig: Rig) -> None:
    assert rig.machine.plugged() == []


def test_a_serial_scanner_is_named_by_its_lasting_name(rig: Rig) -> None:
    rig.port(
        "ttyACM0", "usb-ACME_S1-if00", manufacturer="ACME", product="S1", vid=0x0C2E, pid=0xB61
    )
    one = only(rig)
    assert (one.kind, one.what, one.name) == ("serial", "ACME S1 (0c2e:0b61)", "usb-ACME_S1-if00")
    assert one.lines[-1] == 'port = "usb-ACME_S1-if00"'


def test_a_port_without_a_lasting_name_is_named_by_its_path(rig: Rig) -> None:
    port = rig.port("ttyS1", description="n/a")
    assert (only(rig).what, only(rig).lines[-1]) == (BUILT_IN, f'port = "{port.device}"')
    also = rig.machine.plugged([str(rig.put("dev/ttymxc0"))])
    assert [one.path for one in also] == [port.device, str(rig.root / "dev/ttymxc0")]


def test_two_devices_that_type_are_told_apart_by_their_lasting_names(rig: Rig) -> None:
    rig.keyboard(3, "ACME Reader", "usb-ACME_Reader-event-kbd")
    plain = rig.keyboard(4, "ACME Reader")
    rig.put("sys/class/input/event5/device/capabilities/key", "10000000000000 0\n")  # power button
    first, second = rig.machine.plugged()
    assert first.lines[-1] == f'device = "{rig.root}/dev/input/by-id/usb-ACME_Reader-event-kbd"'
    assert second.lines[-1] == f'device = "{plain}"'
    assert first.what == "ACME Reader (0c2e:0b61), types like a keyboard"


def test_a_camera_is_its_first_node_and_a_printer_its_ids(rig: Rig) -> None:
    for number in (0, 1):
        rig.put(f"sys/class/video4linux/video{number}/index", f"{number}\n")
        rig.put(f"sys/class/video4linux/video{number}/name", "USB Camera\n")
    (rig.root / "dev/v4l/by-id/usb-Cam-video-index0").symlink_to(rig.put("dev/video0"))
    plug_usb(rig.root / "sys", 0, "04b8:0e15", product="TM-T88")
    rig.put("dev/usb/lp0")
    camera, printer = rig.machine.plugged()
    assert camera.lines[-1] == f'device = "{rig.root}/dev/v4l/by-id/usb-Cam-video-index0"'
    assert printer.what == "TM-T88 (04b8:0e15)"
    assert printer.path == str(rig.root / "dev/usb/lp0")
    assert printer.lines[1:] == ('kind = "usb"', 'device = "04b8:0e15"')


def test_a_printer_that_the_kernel_does_not_drive_is_listed_with_the_remedy(rig: Rig) -> None:
    plug_usb(rig.root / "sys", 1, "04b8:0e15", driver=False)
    one = only(rig)
    assert (one.kind, one.name) == ("printer", "04b8:0e15")
    assert "sudo modprobe usblp" in one.notes[0]


def test_every_suggested_device_is_taken_by_the_settings(rig: Rig, tmp_path: Path) -> None:
    rig.port("ttyACM0", "usb-ACME_S1-if00")
    rig.port("ttyACM1", 'usb-odd"name')
    rig.keyboard(3, "ACME Reader", "usb-ACME_Reader-event-kbd")
    rig.put("sys/class/video4linux/video0/name", "USB Camera\n")
    rig.put("dev/video0")
    plug_usb(rig.root / "sys", 0, "04b8:0e15")
    lines = [line for one in rig.machine.plugged() for line in one.lines]
    (tmp_path / "station.toml").write_text(STATION + "\n".join(lines), "utf-8")
    taken = load_station(tmp_path / "station.toml")
    assert (taken.printer.kind, taken.printer.device) == ("usb", "04b8:0e15")
    assert [(one.kind, one.port or one.device) for one in taken.scanners] == [
        ("serial", "usb-ACME_S1-if00"),
        ("serial", 'usb-odd"name'),
        ("keyboard", f"{rig.root}/dev/input/by-id/usb-ACME_Reader-event-kbd"),
        ("camera", f"{rig.root}/dev/video0"),
    ]


def test_who_has_a_device_open_is_named(rig: Rig) -> None:
    port = rig.port("ttyACM0")
    (rig.root / "proc/812/fd").mkdir(parents=True)
    (rig.root / "proc/812/fd/3").symlink_to(port.device)
    rig.put("proc/812/cmdline", "screen")
    assert only(rig).notes == ("opened by process 812 (screen)",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a port away to a group")
def test_the_group_that_is_missing_is_named(rig: Rig) -> None:
    port = rig.port("ttyACM0")
    os.chown(port.device, 0, 20)
    os.chmod(port.device, 0o660)
    for folder in (rig.root, *rig.root.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    with as_nobody():
        (note,) = only(rig).notes
    assert note.endswith("run: sudo usermod -aG dialout nobody, then restart the station")


def test_a_device_that_goes_away_while_we_look_is_said_to_be_gone(rig: Rig) -> None:
    rig.keyboard(3, "ACME").unlink()
    (note,) = only(rig).notes
    assert "is not there; plug it in" in note


def test_listening_tells_which_device_a_scan_came_from(tmp_path: Path) -> None:
    terminal, typist = Terminal(tmp_path), Typist()
    ports = [
        Plugged("serial", str(terminal.path), "", "", (), ()),
        Plugged("keyboard", "/dev/input/event3", "", "", (), ()),
        Plugged("serial", str(tmp_path / "none"), "", "", (), ()),
        Plugged("camera", "/dev/video0", "", "", (), ()),
    ]
    listening = Listening(ports, open_device=typist.open)
    assert [one.path for one, _ in listening.deaf] == [str(tmp_path / "none")]
    assert listening.hears == ports[:2]
    breaths = listening.breaths(threading.Event(), 10)
    terminal.send(b"\x02123", b"4\x03\r\n")
    assert next(breaths) == (ports[0], b"\x021234\x03\r\n")
    typist.press(29, 47)
    typist.type("AB-7\r")
    assert next(breaths) == (ports[1], b"AB-7\r")
    typist.unplug()
    terminal.unplug()
    assert list(breaths) == []
    assert len(listening.deaf) == 3
    listening.close()
    terminal.close()


def test_listening_ends_when_it_is_told_to_or_nothing_comes(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    listening = Listening([Plugged("serial", str(terminal.path), "", "", (), ())])
    assert list(listening.breaths(threading.Event(), 0.1)) == []
    ended = threading.Event()
    ended.set()
    assert list(listening.breaths(ended, 60)) == []
    listening.close()
    terminal.close()
