"""The far end of a printer's wire: an ESC/POS printer behind a pseudo-terminal, behind TCP, or a plain file."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import threading
import tty
from pathlib import Path

from drivers.escpos_slip import PaperForm
from drivers.printer import EscposPrinter, Times
from drivers.printer_open import Opener, file_printer, network_printer, serial_printer
from drivers.slip import Look, Slip, SlipLine

QUICK = Times(answer_s=0.5, write_s=1.0, printed_tries=2)
_QUESTION = re.compile(rb"\x10\x04([\x01-\x04])|\x1dr\x01", re.DOTALL)
_COMMANDS = re.compile(
    rb"\x1b@|\x1c&|\x1bt.|\x1d!.|\x1bE.|\x1ba.|\x1bd.|\x1dV.|\x1d\(k(?P<size>..)", re.DOTALL
)
SLIP = Slip(
    (
        SlipLine("阳光图书馆", look=Look.TITLE),
        SlipLine("借：", look=Look.HEAD),
        SlipLine("昆虫记", "12月9日前还"),
    ),
    code="昆虫记，12月9日前还",
)


class Mechanism:
    """What a printer does with bytes: keeps those that are printed, answers those that ask.

    silent: it answers nothing. old: it does not know GS r. paper_left: bytes it can still print.
    """

    def __init__(self) -> None:
        self.cover_open = self.near_end = self.off_line = self.silent = self.old = False
        self.paper_left = 1 << 20
        self.printed = b""
        self.asked: list[bytes] = []

    def take(self, raw: bytes) -> bytes:
        """The answers to what arrived; a question is never cut in two here, since the driver sends it whole."""
        answers = b""
        while found := _QUESTION.search(raw):
            self._print(raw[: found.start()])
            self.asked.append(found[0])
            answers += self._answer(found[1])
            raw = raw[found.end() :]
        self._print(raw)
        return answers

    def _print(self, raw: bytes) -> None:
        fits = raw[: self.paper_left]
        self.printed += fits
        self.paper_left -= len(fits)

    def _answer(self, number: bytes | None) -> bytes:
        if self.silent:
            return b""
        out = self.paper_left <= 0
        if number is None:
            return b"" if out or self.old else bytes((0x03 if self.near_end else 0x00,))
        stopped = self.cover_open or self.off_line or out
        flags = {
            1: 0x08 * stopped,
            2: 0x04 * self.cover_open | 0x20 * out,
            3: 0x00,
            4: 0x0C * self.near_end | 0x60 * out,
        }
        # An XON and an old report come first, as they do on a real line.
        return bytes((0x11, 0x12 | flags[number[0]]))


class SerialEnd:
    """A printer behind a link that keeps its name over unplug and replug."""

    def __init__(self, folder: Path) -> None:
        self.does = Mechanism()
        self.path = folder / "ttyPRN"
        self._wake, self._ring = os.pipe()
        self.opener: Opener = serial_printer(str(self.path), 9600, "none")
        self.replug()

    def replug(self) -> None:
        self._far, self._near = os.openpty()
        tty.setraw(self._near)
        self.path.symlink_to(os.ttyname(self._near))
        self._thread = threading.Thread(target=self._run, name="paper end", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        os.write(self._ring, b".")
        self._thread.join()
        self.path.unlink()
        os.close(self._far)
        os.close(self._near)

    def close(self) -> None:
        if self.path.is_symlink():
            self.unplug()
        os.close(self._wake)
        os.close(self._ring)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._far, self._wake], [], [])
            if self._wake in ready:
                os.read(self._wake, 1)
                return
            os.write(self._far, self.does.take(os.read(self._far, 4096)))


class NetworkEnd:
    """A printer on the network; hangs: it takes calls and never reads; hang_up_after: closes after so many bytes."""

    def __init__(self, folder: Path) -> None:
        self.does = Mechanism()
        self.hangs = False
        self.hang_up_after: int | None = None
        self.calls = 0
        self._port = 0
        self.replug()
        self.opener: Opener = network_printer(f"127.0.0.1:{self._port}")

    def replug(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self._port))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._port = self._server.getsockname()[1]
        self._plugged = True
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="paper end", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._plugged = False
        socket.create_connection(("127.0.0.1", self._port)).close()
        self._thread.join()
        self._server.close()
        for line in self._lines:
            line.close()

    def close(self) -> None:
        if self._plugged:
            self.unplug()

    def _run(self) -> None:
        while True:
            line, _ = self._server.accept()
            self._lines.append(line)
            self.calls += 1
            if not self._plugged:
                return
            if not self.hangs:
                with contextlib.suppress(OSError):
                    self._serve(line)

    def _serve(self, line: socket.socket) -> None:
        with line:
            line.settimeout(5)
            while raw := line.recv(512):
                if self.hang_up_after is not None and len(raw) > self.hang_up_after:
                    self.does.take(raw[: self.hang_up_after])
                    return
                line.sendall(self.does.take(raw))


class FileEnd:
    """A plain file in the printer's place; it never answers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "slips" / "slips.bin"
        self.opener: Opener = file_printer(str(self.path))
        self.replug()

    @property
    def does(self) -> Mechanism:
        got = Mechanism()
        if self.path.exists():
            got.take(self.path.read_bytes())
        return got

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.parent.rmdir()

    def replug(self) -> None:
        self.path.parent.mkdir()

    def close(self) -> None:
        pass


def plug_usb(
    sys: Path, number: int, ids: str, *, driver: bool = True, prints: str = "07", product: str = ""
) -> None:
    """A USB printer as the kernel tells of it below `sys`; prints: the class of its interface."""
    device = sys / f"devices/usb1/1-{number}"
    part = device / f"1-{number}:1.0"
    part.mkdir(parents=True)
    about = dict(zip(("idVendor", "idProduct"), ids.split(":"), strict=True), product=product)
    for file, text in about.items():
        (device / file).write_text(f"{text}\n")
    (part / "bInterfaceClass").write_text(f"{prints}\n")
    every = sys / "bus/usb/devices"
    every.mkdir(parents=True, exist_ok=True)
    for folder in (device, part):
        (every / folder.name).symlink_to(folder)
    if driver:
        node = sys / f"class/usbmisc/lp{number}"
        node.mkdir(parents=True)
        (node / "device").symlink_to(part)


def printer_on(
    end: SerialEnd | NetworkEnd | FileEnd, form: PaperForm | None = None
) -> EscposPrinter:
    return EscposPrinter(end.opener, form or PaperForm(), QUICK)


def read_paper(raw: bytes, encoding: str = "gb18030") -> list[str]:
    """The rows of text on paper, all commands taken out; the QR code's text is a row that begins with QR."""
    text, at = b"", 0
    while at < len(raw):
        found = _COMMANDS.match(raw, at)
        if not found:
            assert raw[at] >= 0x20 or raw[at] == 0x0A, f"stray command byte {raw[at]:#x} at {at}"
            # A double-byte character goes as one: its second byte may look like anything.
            size = 1 if raw[at] < 0x80 else 4 if 0x30 <= raw[at + 1] <= 0x39 else 2
            text, at = text + raw[at : at + size], at + size
            continue
        at = found.end()
        if found["size"]:
            content = raw[at : at + int.from_bytes(found["size"], "little")]
            if content[1] == 80:
                text += b"QR" + content[3:].decode("utf-8").encode(encoding) + b"\n"
            at += len(content)
    return text.decode(encoding).splitlines()
