"""The line to the central record: JSON over HTTPS, gzip both ways, every wait and every reply bounded."""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import ssl
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from kiosk.errors import KioskError
from sync.exchange import Failing, LineDown, Refused
from sync.wire import (
    MAX_PACKED,
    MAX_UNPACKED,
    AskChunk,
    AskMissing,
    AskSnapshot,
    BadMessage,
    Enrol,
    Enrolled,
    Hello,
    Manifest,
    Message,
    Missing,
    Page,
    Pull,
    Push,
    Pushed,
    Refusal,
    Welcome,
    read,
    write,
)

_REPLIES: dict[type[Message], type[Message]] = {
    Enrol: Enrolled,
    Hello: Welcome,
    Push: Pushed,
    Pull: Page,
    AskSnapshot: Manifest,
    AskMissing: Missing,
}
_WAITS = httpx.Timeout(connect=5.0, read=60.0, write=30.0, pool=5.0)
_PACK_FROM = 512
_LONGEST_WAIT_S = 3_600.0


class BadAddress(KioskError):
    """An address that no station may speak to."""


class HttpLine:
    """Sends messages to one address. plugged: whether the line may be used now (the demo pulls the plug)."""

    def __init__(
        self,
        address: str,
        *,
        plugged: Callable[[], bool] = lambda: True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.address = check_address(address)
        self._plugged = plugged
        near = is_loopback(address)
        self._client = httpx.Client(
            base_url=self.address,
            timeout=_WAITS,
            # The machine's own store of certificates, to which a school can add its own.
            verify=ssl.create_default_context() if not near else False,
            trust_env=not near,
            transport=transport,
            headers={"Accept-Encoding": "gzip", "Content-Type": "application/json"},
        )

    def send(self, message: Message) -> Message | bytes:
        """The reply; a chunk's text for AskChunk. Raises LineDown, Refused or Failing."""
        if not self._plugged():
            raise LineDown("the network cable is out")
        body = write(message)
        headers = {}
        if len(body) >= _PACK_FROM:
            body, headers = gzip.compress(body, compresslevel=5), {"Content-Encoding": "gzip"}
        if len(body) > MAX_PACKED:
            raise Failing("the message is too large to be sent")
        path: str = message.path  # type: ignore[attr-defined]
        try:
            request = self._client.build_request("POST", path, content=body, headers=headers)
            response = self._client.send(request, stream=True)
            try:
                text = _read_bounded(response)
            finally:
                response.close()
        except (httpx.HTTPError, OSError) as error:
            raise LineDown(f"{self.address}: {error or type(error).__name__}") from error
        if not self._plugged():
            raise LineDown("the network cable was pulled")
        return self._judged(message, response, text)

    def close(self) -> None:
        self._client.close()

    def _judged(self, message: Message, response: httpx.Response, text: bytes) -> Message | bytes:
        status = response.status_code
        if status == 200:
            return _reply(message, text)
        if status in (413, 500):
            raise Failing(f"{self.address} failed with {status}")
        if status == 429 or status > 500:
            raise LineDown(f"{self.address} cannot answer now ({status})", _retry_after_s(response))
        try:
            refusal = read(Refusal, text)
        except BadMessage:
            raise LineDown(
                f"{self.address} answered {status}, and not as a central record does; look at central.address"
            ) from None
        raise Refused(refusal)


def check_address(address: str) -> str:
    """The address without a slash at its end. Raises BadAddress, with the remedy."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress(
            f"{address!r} is no address of a central record; write it like https://library.school.example"
        )
    if parts.scheme == "http" and not is_loopback(address):
        raise BadAddress(
            f"{address} would send pupils' names unprotected over the network; use https://"
        )
    return address.rstrip("/")


def is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_bounded(response: httpx.Response) -> bytes:
    """The reply unpacked, never more than may come."""
    packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
    unpacker: Any = zlib.decompressobj(wbits=31) if packed else None
    text = bytearray()
    for piece in response.iter_raw():
        room = MAX_UNPACKED + 1 - len(text)
        try:
            text += unpacker.decompress(piece, room) if unpacker else piece
        except zlib.error as error:
            raise LineDown(f"the answer cannot be unpacked: {error}") from error
        if len(text) > MAX_UNPACKED:
            raise LineDown("the answer is too long; it was not read to its end")
    if unpacker and not unpacker.eof:
        raise LineDown("the answer was cut short")
    return bytes(text)


def _reply(message: Message, text: bytes) -> Message | bytes:
    if isinstance(message, AskChunk):
        if hashlib.sha256(text).hexdigest() != message.hash:
            raise LineDown("a piece of the snapshot was damaged on its way")
        return text
    try:
        return read(_REPLIES[type(message)], text)
    except BadMessage as error:
        raise LineDown(f"the answer cannot be read: {error}") from None


def _retry_after_s(response: httpx.Response) -> float | None:
    told = response.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_WAIT_S) if told.isascii() and told.isdigit() else None
