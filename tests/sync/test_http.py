"""The line: only protected addresses, and a name for the machine that a copied disk does not take along."""

from __future__ import annotations

import pytest

from sync.exchange import LineDown
from sync.hardware import hardware_id
from sync.http import BadAddress, HttpLine, check_address
from sync.wire import Pull


@pytest.mark.parametrize(
    "address",
    ["https://library.example/", "http://127.0.0.1:8090", "http://localhost", "http://[::1]:80"],
)
def test_protected_and_local_addresses_are_taken(address):
    assert check_address(address) == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://library.example", "unprotected over the network; use https://"),
        ("library.example", "write it like https://"),
        ("ftp://library.example", "write it like https://"),
        ("", "write it like https://"),
    ],
)
def test_other_addresses_are_refused_with_the_remedy(address, says):
    with pytest.raises(BadAddress, match=says):
        HttpLine(address)


def test_with_the_plug_out_nothing_is_sent():
    line = HttpLine("http://127.0.0.1:9", plugged=lambda: False)
    with pytest.raises(LineDown, match="cable is out"):
        line.send(Pull(session="s" * 20, cursor=0))


def test_nobody_there_is_a_line_that_is_down():
    with pytest.raises(LineDown, match=r"127\.0\.0\.1:9"):
        HttpLine("http://127.0.0.1:9").send(Pull(session="s" * 20, cursor=0))


def machine(root, *, serial="", mac="", usb="", number=""):
    for name, text in (
        ("proc/device-tree/serial-number", serial),
        ("etc/machine-id", number),
    ):
        if text:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\x00")
    for card, address, place in (("eth0", mac, "pci/0000"), ("usb0", usb, "bus/usb1/1-1")):
        if address:
            device = root / "sys/devices" / place
            device.mkdir(parents=True)
            at = root / "sys/class/net" / card
            at.mkdir(parents=True)
            (at / "address").write_text(address + "\n")
            (at / "device").symlink_to(device)
    return hardware_id(root)


def test_a_copied_disk_in_another_machine_has_another_name(tmp_path):
    first = machine(tmp_path / "a", serial="100000001", number="same")
    assert first == machine(tmp_path / "b", serial="100000001", number="same", usb="aa:bb")
    assert first != machine(tmp_path / "c", serial="100000002", number="same")
    built_in = machine(tmp_path / "d", mac="aa:01", number="same")
    assert built_in == machine(tmp_path / "e", mac="aa:01", usb="aa:77", number="same")
    assert built_in != machine(tmp_path / "f", mac="aa:02", number="same")
    assert machine(tmp_path / "g", number="one") != machine(tmp_path / "h", number="two")
    assert len(hardware_id()) == 32
