"""The import command as people run it; what is killed or told to stop as a process: real signals, kill -9."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from kiosk.imports.staging import FILE
from kiosk.sample.large import write_csv
from tests.faults.demo import KIOSK, kiosk_here
from tests.kiosk.imports.taking import SHIPPED, Taking

COPIES = 3_000


@pytest.fixture
def config(school: Taking) -> Path:
    """Settings whose store is the school's."""
    folder = school.folder / "config"
    folder.mkdir()
    shutil.copy(SHIPPED / "library.toml", folder)
    text = (SHIPPED / "station.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^folder = .*$", f'folder = "{school.store.folder}"', text)
    text = re.sub(r"(?m)^(reserve_mb|stop_checkouts_below_mb) = \d+", r"\1 = 0", text)
    (folder / "station.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    write_csv(path, COPIES)
    return path


def _words(config: Path, kind: str, path: Path) -> list[str]:
    return ["import", kind, str(path), "--config", str(config)]


def _start(config: Path, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*KIOSK, *_words(config, "catalogue", path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _until_writing(school: Taking, running: subprocess.Popen[str]) -> None:
    """Wait until the import has written some of its rows."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        if school.one("SELECT count(*) FROM titles") > 0:
            return
        time.sleep(0.005)
    raise AssertionError(f"the import never wrote: {running.communicate()[0]}")


def test_the_command_tells_what_it_did_and_what_it_rejected(school: Taking, config: Path) -> None:
    rows = "".join(f"{n},名{n},学生\n" for n in range(1, 30)) + "x,坏,学生\n" * 25
    path = school.file("卡号,姓名,读者类型\n" + rows, "名单.csv")
    done = kiosk_here(*_words(config, "patrons", path))
    assert done.exit_code == 1
    assert "patrons: 29 new, 0 changed, 0 as before" in done.stdout
    assert "25 rejected, 29 taken with a note" in done.stdout
    assert done.stderr.count("rejected: card") == 20
    assert "... and 34 more" in done.stderr
    listed = re.search(r"All of them \(the newest 20 such lists are kept\): (.*)", done.stderr)
    assert listed is not None
    assert Path(listed[1]).read_text(encoding="utf-8").count("rejected: card") == 25


def test_a_file_that_cannot_be_read_ends_with_one_line(school: Taking, config: Path) -> None:
    path = school.file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.xls")
    done = kiosk_here(*_words(config, "patrons", path))
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"Error: {path} is an old .xls file")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_leave_the_store_as_it_was(
    school: Taking, config: Path, catalogue: Path, number: signal.Signals, code: int
) -> None:
    before = school.all()
    running = _start(config, catalogue)
    _until_writing(school, running)
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == code
    assert "cancelled: the store is as it was before" in said
    assert school.all() == before
    assert not (school.store.folder / FILE).exists()


@pytest.mark.slow
def test_killed_again_and_again_the_import_ends_whole(
    school: Taking, config: Path, catalogue: Path, tmp_path: Path
) -> None:
    seed = int(os.environ.get("KIOSK_SEED", "11"))
    print(f"seed {seed}; set KIOSK_SEED to run it again")
    dice = Random(seed)
    for _ in range(4):
        running = _start(config, catalogue)
        _until_writing(school, running)
        time.sleep(dice.uniform(0, 0.2))
        running.kill()
        running.communicate()
    last = kiosk_here(*_words(config, "catalogue", catalogue))
    assert f"copies: 0 new, 0 changed, {COPIES} as before" in last.stdout
    whole = Taking(tmp_path / "whole")
    whole.take("catalogue", catalogue)
    assert school.all() == whole.all()
    whole.store.close()


def test_a_second_import_is_refused_and_names_the_first(
    school: Taking, config: Path, catalogue: Path
) -> None:
    running = _start(config, catalogue)
    _until_writing(school, running)
    running.send_signal(signal.SIGSTOP)
    second = kiosk_here(*_words(config, "catalogue", catalogue))
    assert second.exit_code == 1
    assert (
        f"another import is running: {school.store.folder} is in use by process {running.pid}"
        in second.stderr
    )
    running.send_signal(signal.SIGCONT)
    running.communicate(timeout=60)
    assert running.returncode == 0
