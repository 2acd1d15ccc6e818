"""The machine under QEMU, and hands on it: type on its keyboard, write to its serial port, plug and unplug."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

# QEMU's keyboard queues 16 events; a guest without hardware virtualisation needs this long for each.
KEY_S = 0.02
PATIENCE_S = 20.0
QCODES = {"-": "minus", "\r": "ret"}
DEVICES = {
    "keyboard": {"driver": "usb-kbd", "id": "keyboard", "serial": "SCAN01"},
    "serial": {"driver": "usb-serial", "id": "serial", "serial": "SER01", "chardev": "wire"},
}


class MachineError(Exception):
    """QEMU does not start, or does not do what it is asked."""


class Machine:
    """Runs from `with` on, is ended at its end; `built` is the guest's folder, `shared` what it may read, by tag.

    `folder` takes console.log, and sockets: its path must be short.
    """

    def __init__(self, built: Path, shared: dict[str, Path], folder: Path) -> None:
        self._built, self._shared, self._folder = built, shared, folder

    def __enter__(self) -> Machine:
        with (self._folder / "console.log").open("wb") as console:
            self._qemu = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        try:
            self._control = self._socket("control").makefile("rw")
            self._control.readline()
            self._order("qmp_capabilities")
            self._wire = self._socket("wire")
            self._talk = self._socket("talk")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def told(self, limit_s: float) -> Iterator[dict[str, Any]]:
        """What the guest tells, until it falls silent for good or the time is over; what it asks for is done."""
        end = time.monotonic() + limit_s
        lines = self._talk.makefile("rb")
        while (left := end - time.monotonic()) > 0:
            self._talk.settimeout(left)
            try:
                line = lines.readline()
            except OSError:  # the time is over, or QEMU is gone
                return
            if not line:
                return
            words = json.loads(line)
            if "act" in words:
                self._do(words["act"], words["what"])
            else:
                yield words

    def _do(self, act: str, what: list[str]) -> None:
        hands: dict[str, Callable[..., None]] = {
            "type": self._type,
            "chords": self._chords,
            "serial": self._write,
            "unplug": self._unplug,
            "replug": self._replug,
        }
        try:
            hands[act](*what)
            reply: dict[str, object] = {"done": True}
        except (MachineError, OSError, KeyError) as error:
            reply = {"done": False, "why": repr(error)}
        # If QEMU is gone, the next line that is read tells so.
        with contextlib.suppress(OSError):
            self._talk.sendall(f"{json.dumps(reply)}\n".encode())

    def _type(self, text: str) -> None:
        for char in text:
            key = QCODES.get(char, char.lower())
            self._chords(f"shift+{key}" if char.isupper() else key)

    def _chords(self, *chords: str) -> None:
        for chord in chords:
            keys = chord.split("+")
            for key in keys:
                self._key(key, down=True)
            for key in reversed(keys):
                self._key(key, down=False)

    def _key(self, key: str, *, down: bool) -> None:
        data = {"down": down, "key": {"type": "qcode", "data": key}}
        self._order("input-send-event", events=[{"type": "key", "data": data}])
        time.sleep(KEY_S)

    def _write(self, text: str) -> None:
        for byte in text.encode():
            self._wire.sendall(bytes([byte]))
            time.sleep(0.001)

    def _unplug(self, device: str) -> None:
        self._order("device_del", id=device)

    def _replug(self, device: str) -> None:
        # QEMU lets go of an unplugged device, and of the wire it was on, a little later.
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._order("device_add", **DEVICES[device])
            except MachineError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def _order(self, name: str, **arguments: object) -> None:
        try:
            self._control.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
            self._control.flush()
            # Events may stand before the answer; the lines end when QEMU is gone.
            answers = (json.loads(line) for line in self._control)
            answer = next((one for one in answers if "event" not in one), None)
        except OSError as error:
            raise MachineError(f"{name}: {error}") from error
        if answer is None:
            raise MachineError(f"{name}: QEMU is gone")
        if "error" in answer:
            raise MachineError(f"{name}: {answer['error']['desc']}")

    def _socket(self, name: str) -> socket.socket:
        end = time.monotonic() + PATIENCE_S
        line = socket.socket(socket.AF_UNIX)
        while True:
            try:
                line.connect(str(self._folder / name))
                return line
            except OSError as error:
                if self._qemu.poll() is not None or time.monotonic() > end:
                    line.close()
                    raise MachineError("QEMU does not start") from error
            time.sleep(0.05)

    def _end(self) -> None:
        try:
            self._qemu.wait(5)
        except subprocess.TimeoutExpired:
            self._qemu.kill()
            self._qemu.wait()

    def _command(self) -> list[str]:
        image = _quoted(self._built / "guest.img")
        socket_of = f"socket,id={{0}},path={self._folder}/{{0}},server=on,wait=off"
        words = "console=ttyS0 quiet mitigations=off tsc=unstable random.trust_cpu=on"
        shares = [
            f"local,path={_quoted(path)},mount_tag={tag},security_model=none,readonly=on,multidevs=remap"
            for tag, path in self._shared.items()
        ]
        devices = [
            ",".join(f"{key}={value}" for key, value in one.items()) for one in DEVICES.values()
        ]
        return [
            *"qemu-system-x86_64 -M q35 -cpu max -smp 2 -m 1024 -nodefaults -display none -no-reboot".split(),
            # Not KVM: nested in another virtual machine it fails with this processor, and this is fast enough.
            *("-accel", "tcg,thread=multi"),
            *("-kernel", str(self._built / "vmlinuz"), "-initrd", str(self._built / "initrd.gz")),
            *("-append", words),
            *("-drive", f"file={image},if=none,id=r,format=raw,read-only=on"),
            *("-device", "virtio-blk-pci,drive=r", "-device", "virtio-rng-pci"),
            *_each("-virtfs", shares),
            *_each("-chardev", map(socket_of.format, ("talk", "wire", "control"))),
            *("-serial", "stdio", "-serial", "chardev:talk"),
            *("-mon", "chardev=control,mode=control", "-device", "qemu-xhci,id=xhci"),
            *_each("-device", devices),
        ]


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _quoted(path: Path) -> str:
    """QEMU reads a comma in a path as the end of it, unless it is doubled."""
    return str(path).replace(",", ",,")
