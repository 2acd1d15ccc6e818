"""A whole copy of the central record: of a SQLite file while it is in use, or by pg_dump."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from kiosk.store.backup import copy_whole, drop_old, fsync_folder
from sync.central.db import CentralError, Database
from sync.central.migrate import sqlite_file


def make_backup(db: Database, folder: Path, *, keep: int) -> Path:
    """Make one more backup and drop the oldest beyond `keep`. Raises CentralError or StoreError with what to do."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    source = sqlite_file(db)
    if source:
        made = copy_whole(source, folder / f"central-{moment}.sqlite")
    else:
        made = _dump(db, folder / f"central-{moment}.dump")
    drop_old(folder, f"central-*{made.suffix}", keep=keep)
    return made


def _dump(db: Database, target: Path) -> Path:
    program = shutil.which("pg_dump")
    if program is None:
        raise CentralError(
            "there is no pg_dump here; install PostgreSQL's client programs, or back up on its own machine"
        )
    url = db.engine.url.set(drivername="postgresql")
    part = target.with_name(f"{target.name}.part")
    # The password goes by the environment: arguments can be read by everybody on the machine.
    secret = {"PGPASSWORD": url.password} if url.password else {}
    address = url.set(password=None).render_as_string(hide_password=False)
    command = [program, "--format=custom", f"--file={part}", address]
    done = subprocess.run(
        command, env={**os.environ, **secret}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        part.unlink(missing_ok=True)
        raise CentralError(f"pg_dump made no backup: {done.stderr.strip()}")
    part.replace(target)
    fsync_folder(target.parent)
    return target
