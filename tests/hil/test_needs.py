"""Where the guest cannot run, the command says what is missing and what to do; the guest itself is not for here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hil import needs


def test_without_qemu_the_command_says_so_names_the_package_and_ends_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hil"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    (line, *_) = done.stderr.splitlines()
    assert line.startswith("make hil cannot run here; it needs qemu-system-x86_64")
    assert "apt-get install --no-install-recommends qemu-system-x86" in line
    assert "Traceback" not in done.stderr


def test_a_built_guest_needs_none_of_the_tools_that_build_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "qemu-system-x86_64").touch(mode=0o755)
    monkeypatch.setattr(needs, "PATH", str(tmp_path))
    assert needs.missing(built=True) == []
    (tools, *_) = needs.missing(built=False)
    assert "mmdebstrap, cpio, depmod, mke2fs, busybox; " in tools
    assert tools.endswith("mmdebstrap cpio kmod e2fsprogs busybox-static")


def test_another_python_than_the_guest_s_is_told_with_the_command_that_makes_it_the_same() -> None:
    (words,) = needs.wrong_python("python3.9")
    assert "rm -rf .venv; PYTHON=python3.9 make hil" in words
    assert needs.wrong_python(f"python3.{sys.version_info.minor}") == []
