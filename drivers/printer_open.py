"""How each kind of printer is opened; every failure is told with its remedy, as for scanners."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import stat
import termios
import threading
import time
from collections.abc import Callable

import serial

from drivers.errors import DriverError, ScannerMisnamed, ScannerNotFound, ScannerNotPermitted
from drivers.holders import refused
from drivers.printer_line import SLICE_MS, PrinterLine, Stopping, unsent
from drivers.serial_scanner import address_of, refused_port
from drivers.usb_printers import node_of

WHO = "printer"
CONNECT_S = 3.0
LAST_BYTES_S = 1.0
USUAL_PORT = 9100

Opener = Callable[[threading.Event], PrinterLine]


def usb_printer(device: str) -> Opener:
    """A USB printer by vendor:product, through the kernel's own driver: /dev/usb/lpN."""
    return lambda ended: _open_path(node_of(device), "device", ended)


def file_printer(path: str) -> Opener:
    """A device file, or a plain file to which slips are added."""
    return lambda ended: _open_path(path, "path", ended)


def _open_path(path: str, key: str, ended: threading.Event) -> PrinterLine:
    try:
        device = stat.S_ISCHR(os.stat(path).st_mode)
    except OSError:
        device = path.startswith("/dev/")
    flags = os.O_RDWR | os.O_NOCTTY if device else os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o660)
    except OSError as error:
        raise _told(error, path, key) from error
    return PrinterLine(path, descriptor, lambda: os.close(descriptor), ended, plain=not device)


def _told(error: OSError, path: str, key: str) -> DriverError:
    found = refused(error, WHO, path, key)
    if isinstance(found, ScannerNotPermitted) and "group" not in found.what:
        todo = f'give it to the group lp with a udev rule (GROUP="lp"); look with: ls -l {path}'
        return ScannerNotPermitted(found.what, todo)
    return found


def serial_printer(port: str, baud: int, flow: str) -> Opener:
    """A printer on a serial port, named as for scanners. flow: "none", "rts-cts" or "xon-xoff"."""

    def open_port(ended: threading.Event) -> PrinterLine:
        address = address_of(port)
        try:
            line = serial.Serial(
                address,
                baudrate=baud,
                rtscts=flow == "rts-cts",
                xonxoff=flow == "xon-xoff",
                exclusive=True,
            )
            fcntl.ioctl(line.fd, termios.TIOCEXCL)
        except (OSError, ValueError) as error:
            raise refused_port(error, WHO, address) from error

        def close() -> None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(line.fd, termios.TIOCNXCL)
            # Closing would wait half a minute for what a stopped printer does not take.
            if unsent(line.fd):
                line.reset_output_buffer()
            line.close()

        return PrinterLine(address, line.fd, close, ended)

    return open_port


def network_printer(address: str) -> Opener:
    """A printer at HOST:PORT."""
    host, _, port = address.rpartition(":")
    return lambda ended: _open_socket(host.strip("[]"), int(port), ended)


def _open_socket(host: str, port: int, ended: threading.Event) -> PrinterLine:
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ScannerMisnamed(
            f"{WHO}: no machine is known as {host} ({error.strerror})",
            "correct address in station.toml, best to a number such as 192.168.1.50:9100",
        ) from error
    family, kind, protocol, _, place = found[0]
    line = socket.socket(family, kind, protocol)
    try:
        _connect(line, place, ended)
    except OSError as error:
        line.close()
        if isinstance(error, DriverError):
            raise
        raise ScannerNotFound(
            f"{WHO}: {where} does not answer ({error.strerror})",
            "switch it on, look at its cable, or correct address in station.toml",
        ) from error
    return PrinterLine(where, line.fileno(), lambda: _hang_up(line, ended), ended)


def _connect(line: socket.socket, place: object, ended: threading.Event) -> None:
    line.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        line.connect(place)  # type: ignore[arg-type]
    poll, end = select.poll(), time.monotonic() + CONNECT_S
    poll.register(line, select.POLLOUT)
    while not poll.poll(SLICE_MS):
        if ended.is_set():
            raise Stopping
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, f"no answer within {CONNECT_S:.0f} s")
    number = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))


def _hang_up(line: socket.socket, ended: threading.Event) -> None:
    """Say that this is all, and give the printer a moment: a close on unread answers would throw the slip away."""
    with line:
        line.shutdown(socket.SHUT_WR)
        poll, end = select.poll(), time.monotonic() + LAST_BYTES_S
        poll.register(line, select.POLLIN)
        while time.monotonic() < end and not ended.is_set():
            if poll.poll(SLICE_MS) and not line.recv(64):
                return
