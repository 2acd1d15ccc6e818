"""What `make hil` needs on this machine, in words: what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

# Program -> Debian's package.
TO_RUN = {"qemu-system-x86_64": "qemu-system-x86"}
TO_BUILD = {
    "mmdebstrap": "mmdebstrap",
    "cpio": "cpio",
    "depmod": "kmod",
    "mke2fs": "e2fsprogs",
    "busybox": "busybox-static",
}
STANDS_ALONE = Path("/var/lib/dpkg/info/busybox-static.list")
KERNEL = "linux-image-amd64"
# Programs of the administrator lie where not every user looks.
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing(*, built: bool) -> list[str]:
    """One sentence for each thing that is missing to run the guest and, unless it is `built`, to build it."""
    found = [] if platform.system() == "Linux" else [f"Linux; this is {platform.system()}"]
    wanted = TO_RUN if built else TO_RUN | TO_BUILD
    absent = {program: package for program, package in wanted.items() if not _has(program)}
    if absent:
        found.append(
            f"{', '.join(absent)}; on Debian: "
            f"sudo apt-get install --no-install-recommends {' '.join(absent.values())}"
        )
    return found if built else found + _missing_to_build()


def wrong_python(guest: str) -> list[str]:
    """`guest` is the guest's Python: what is compiled in .venv loads in the same version only."""
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if guest == ours:
        return []
    return [f"a .venv of {guest}, the guest's own: rm -rf .venv; PYTHON={guest} make hil"]


def _missing_to_build() -> list[str]:
    found = []
    if platform.machine() != "x86_64":
        found.append(f"an x86-64 machine to build the guest on; this is {platform.machine()}")
    elif not _kernel():
        found.append(f"Debian's package {KERNEL} for the guest; try: sudo apt-get update")
    if _has("busybox") and not STANDS_ALONE.exists():
        found.append("a busybox that stands alone; sudo apt-get install busybox-static")
    if os.geteuid() != 0:
        found.append("root to build the guest, once; run: sudo .venv/bin/python -m tests.hil")
    return found


def _has(program: str) -> bool:
    return shutil.which(program, path=PATH) is not None


def _kernel() -> bool:
    if not _has("apt-cache"):
        return False
    shown = subprocess.run(
        ["apt-cache", "depends", KERNEL], capture_output=True, text=True, check=False
    )
    return "Depends: linux-image" in shown.stdout
