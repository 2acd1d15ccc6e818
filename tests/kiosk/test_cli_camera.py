"""`kiosk check camera` where there is nothing to look at; the page itself is in tests/browser/test_preview.py."""

from __future__ import annotations

import socket
from pathlib import Path

from click.testing import CliRunner, Result

import config
from kiosk.cli import main

SHIPPED = str(Path(config.__file__).parent)


def check(*args: str) -> Result:
    return CliRunner().invoke(main, ["check", "camera", "--config", SHIPPED, *args])


def test_without_a_camera_in_the_settings_it_says_what_to_write() -> None:
    done = check()
    assert done.exit_code == 1
    assert done.output == (
        "Error: station.toml has no camera (cameras there: none); add a [[scanners]] table with "
        'kind = "camera", or name one with --device /dev/video0\n'
    )


def test_a_camera_that_the_settings_do_not_name_is_told_even_with_a_device() -> None:
    done = check("door", "--device", "/dev/video0")
    assert done.exit_code == 1
    assert "station.toml has no camera 'door' (cameras there: none)" in done.output


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = check("--device", "/dev/video99", "--port", port)
    assert done.exit_code == 1
    assert f"port {port} cannot be used (Address already in use)" in done.output
    assert "choose another with --port" in done.output


def test_a_folder_without_settings_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["check", "camera", "--config", str(tmp_path)])
    assert done.exit_code == 1
    assert "library.toml" in done.output
    assert "Traceback" not in done.output
