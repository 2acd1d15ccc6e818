"""The camera, on vivid: the kernel's own, with a loop from frames that are written to frames that are captured."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np

from config.station import ScannerSettings
from drivers.decode import Symbology
from drivers.make import make_scanner
from tests.bench.frames import frames
from tests.hil.guest.ear import Ear
from tests.hil.guest.host import PATIENCE_S, Host, until

# One capture node, one output node, both HDMI: the only pair between which vivid loops.
VIVID = "n_devs=1 node_types=0x101 num_inputs=1 input_types=0x3 num_outputs=1 output_types=0x1"
# The signal is 720p at 24 Hz (CTA-861), scaled down: without hardware virtualisation the guest copies no more.
SIGNAL = "width=1280,height=720,polarities=3,pixelclock=59400000,hfp=1760,hs=40,hbp=220,vfp=5,vs=5,vbp=20"
WIDTH, HEIGHT = 640, 360
FRAME = Path("/run/frame.yuyv")
CAMERA = Path("/dev/desk-camera")


class VideoCamera:
    def __init__(self, host: Host) -> None:
        camera = ScannerSettings(
            name="desk",
            kind="camera",
            device=str(CAMERA),
            width=WIDTH,
            height=HEIGHT,
            fourcc="YUYV",
        )
        self._ear = Ear(make_scanner(camera))

    def a_frame_from_dev_video_is_decoded(self) -> None:
        text = self._plug(seed=1)
        self._ear.state("green")
        self._ear.hears(text)

    def unplug_is_told(self) -> None:
        self._unplug()
        self._ear.state("red")

    def after_replug_another_frame_is_decoded_without_a_restart(self) -> None:
        text = self._plug(seed=2)
        self._ear.state("green")
        self._ear.hears(text)

    def _plug(self, seed: int) -> str:
        """The camera is there with a barcode before it, whose text is given; its lasting name comes last, as udev's."""
        frame = next(one for one in frames(seed, 0, 1) if one.symbology is Symbology.EAN13)
        middle = frame.image[HEIGHT // 2 : -HEIGHT // 2, WIDTH // 2 : -WIDTH // 2]
        FRAME.write_bytes(np.dstack([middle, np.full_like(middle, 128)]).tobytes())
        _run("modprobe", "vivid", *VIVID.split())
        source, sink = self._nodes = _nodes()
        for node in self._nodes:
            _run("v4l2-ctl", "-d", node, "--set-dv-bt-timings", SIGNAL)
        size = f"width={WIDTH},height={HEIGHT},pixelformat=YUYV"
        _run("v4l2-ctl", "-d", sink, "--set-fmt-video-out", size)
        _loop(*self._nodes)
        stream = ["--stream-out-mmap=4", f"--stream-from={FRAME}", "--stream-loop"]
        self._writer = subprocess.Popen(
            ["v4l2-ctl", "-d", sink, *stream], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        CAMERA.symlink_to(source)
        return frame.text

    def _unplug(self) -> None:
        """First as the driver meets it, in the middle of a stream; then its nodes vanish too."""
        _run("v4l2-ctl", "-d", self._nodes[0], "-c", "disconnect=1")
        CAMERA.unlink()
        self._writer.terminate()
        self._writer.wait(PATIENCE_S)
        until(lambda: _is_done("modprobe", "-r", "vivid"), lambda: "for vivid to be let go")


def _nodes() -> tuple[str, str]:
    """The paths of the capture and the output node."""
    until(lambda: len(list(Path("/dev").glob("video*"))) == 2, lambda: "for two video nodes")
    _run("udevadm", "settle")
    paths = sorted(map(str, Path("/dev").glob("video*")))
    captures = [path for path in paths if "Video Output" not in _capabilities(path)]
    (source,), (sink,) = captures, sorted(set(paths) - set(captures))
    return source, sink


def _capabilities(path: str) -> str:
    """What the node itself can do; above it v4l2-ctl lists what the whole device can."""
    return _run("v4l2-ctl", "-d", path, "-D").partition("Device Caps")[2]


def _loop(*nodes: str) -> None:
    """Which node has the control, and how it is called, differs between kernels."""
    controls = {node: _run("v4l2-ctl", "-d", node, "-L") for node in nodes}
    for node, listed in controls.items():
        if found := re.search(r"(\w*loop\w*) +0x", listed, re.IGNORECASE):
            _run("v4l2-ctl", "-d", node, "-c", f"{found[1]}=1")
            return
    raise AssertionError(f"vivid has no control for its loop: {controls}")


def _is_done(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=PATIENCE_S).returncode == 0


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout
