"""The set-up script and the make targets, on machines that lack this or that.

Each test runs the real script on a copy of what it reads, with a PATH of its own: apt-get, sudo, id and uv are small
scripts that write down how they were called, and SYSTEM_ROOT is an empty machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ_BY_SETUP = (
    ".ci/setup",
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
)
TOOLS = "bash sh awk cat chmod cut dirname flock grep ln make mkdir mktemp mv paste rm sha256sum tail touch"
PACKAGES = ("libzbar0", "chromium", "fonts-noto-cjk", "fonts-noto-color-emoji", "postgresql")
FILES = (
    "usr/lib/x86_64-linux-gnu/libzbar.so.0",
    "usr/bin/chromium",
    "usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "usr/lib/postgresql/15/bin/initdb",
)
# Nobody is kept from testing for want of it.
WINDOWLESS = ("chromium-headless-shell", "usr/bin/chromium-headless-shell")


@dataclass
class Machine:
    """A bare machine in a folder: the project in `project`, programs in `bin`, system files in `system`."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def venv(self) -> Path:
        return self.project / ".venv"

    def program(self, name: str, script: str) -> None:
        """Puts a shell script on the PATH that writes down its call before it does what `script` says."""
        path = self.folder / "bin" / name
        calls = self.folder / "calls"
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{calls}"\n{script}\n')
        path.chmod(0o755)

    def has(self, *files: str) -> None:
        for file in files:
            path = self.folder / "system" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    def calls(self, name: str) -> list[str]:
        log = self.folder / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.partition(" ")[0] == name]

    def forget_calls(self) -> None:
        (self.folder / "calls").unlink(missing_ok=True)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": str(self.folder / "bin"),
            "SYSTEM_ROOT": str(self.folder / "system"),
            "TMPDIR": str(self.folder),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.run(
            command,
            env=env | self.env,
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def set_up(self, target: str) -> subprocess.CompletedProcess[str]:
        return self.run("bash", ".ci/setup", target)


# Makes a .venv that works, and otherwise only writes down what it was asked to install.
FAKE_UV = f"""
for last; do :; done
case "$1" in
    venv) mkdir -p "$last/bin" && ln -sf "{sys.executable}" "$last/bin/python" ;;
esac
"""

# Puts the files of the packages that it is asked for into the system, as apt-get would.
FAKE_APT = """
for package; do
    case "$package" in
{cases}
    esac
done
"""


def _fake_apt(machine: Machine) -> str:
    cases = "\n".join(
        f'        {package}) mkdir -p "{path.parent}"; touch "{path}" ;;'
        for package, path in zip(
            (*PACKAGES, WINDOWLESS[0]),
            (machine.folder / "system" / f for f in (*FILES, WINDOWLESS[1])),
            strict=True,
        )
    )
    return FAKE_APT.format(cases=cases)


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A machine with Python, uv and apt-get, whose user is neither root nor allowed to become it."""
    machine = Machine(tmp_path)
    for folder in ("bin", "system", "project/.ci"):
        (tmp_path / folder).mkdir(parents=True)
    for name in READ_BY_SETUP:
        shutil.copy(ROOT / name, machine.project / name)
    for tool in TOOLS.split():
        found = shutil.which(tool)
        assert found, f"{tool} is needed by the set-up script"
        (tmp_path / "bin" / tool).symlink_to(found)
    # Python is a script, so that it can be told from its PATH; it runs the one of this test.
    python = tmp_path / "bin" / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    machine.program("id", "echo 1000")
    machine.program("sudo", "exit 1")
    machine.program("apt-get", _fake_apt(machine))
    machine.program("uv", FAKE_UV)
    return machine


@pytest.fixture
def whole(bare: Machine) -> Machine:
    """The same machine, with every system package and a .venv that the script has made."""
    bare.has(*FILES, WINDOWLESS[1])
    assert bare.set_up("tests").returncode == 0
    bare.forget_calls()
    return bare


def _allow_sudo(machine: Machine) -> None:
    machine.program(
        "env", 'while case "$1" in *=*) true ;; *) false ;; esac; do shift; done; exec "$@"'
    )
    machine.program("sudo", 'shift; [ "$1" = true ] || "$@"')


# --- system packages -----------------------------------------------------------------------------


def test_without_root_and_sudo_the_tests_stop_and_name_the_packages(bare: Machine) -> None:
    done = bare.set_up("tests")
    assert done.returncode == 1
    command = "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + " ".join(
        PACKAGES
    )
    assert command in done.stderr
    assert "no sudo without a password" in done.stderr
    assert bare.calls("apt-get") == []
    assert not bare.venv.exists()


def test_only_what_is_missing_is_named(bare: Machine) -> None:
    bare.has(*FILES[:3])
    done = bare.set_up("tests")
    assert "--no-install-recommends fonts-noto-color-emoji postgresql\n" in done.stderr
    assert "chromium" not in done.stderr


def test_without_libzbar_the_demo_warns_and_goes_on(bare: Machine) -> None:
    done = bare.set_up("run")
    assert done.returncode == 0
    assert "sudo apt-get install -y --no-install-recommends libzbar0\n" in done.stderr
    assert "going on without it" in done.stderr
    assert bare.calls("uv")


def test_root_installs_with_apt_get_and_says_what_for(bare: Machine) -> None:
    bare.program("id", "echo 0")
    _allow_sudo(bare)
    done = bare.set_up("tests")
    assert done.returncode == 0, done.stderr
    assert bare.calls("apt-get") == [
        "apt-get -q update",
        "apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "
        + " ".join(PACKAGES),
        "apt-get -q update",
        "apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends " + WINDOWLESS[0],
    ]
    assert bare.calls("sudo") == []
    assert "Chinese text in the browser" in done.stderr


def test_sudo_without_a_password_is_used(bare: Machine) -> None:
    _allow_sudo(bare)
    assert bare.set_up("tests").returncode == 0
    assert bare.calls("sudo")[:2] == ["sudo -n true", "sudo -n apt-get -q update"]
    assert len(bare.calls("apt-get")) == 4


def test_without_the_windowless_browser_the_tests_take_the_whole_one(bare: Machine) -> None:
    bare.has(*FILES)
    done = bare.set_up("tests")
    assert (done.returncode, "chromium" in done.stderr) == (0, False)
    bare.program("id", "echo 0")
    bare.program("apt-get", "echo 'E: Unable to locate package'; exit 100")
    done = bare.set_up("tests")
    assert done.returncode == 0
    assert "going on without it" in done.stderr
    assert bare.set_up("tests").stderr == "", "it is tried once"


def test_a_failed_apt_get_stops_the_tests_and_shows_its_words(bare: Machine) -> None:
    bare.program("id", "echo 0")
    bare.program("apt-get", "echo 'E: No space left'; exit 100")
    done = bare.set_up("tests")
    assert done.returncode == 1
    assert "E: No space left" in done.stderr


def test_a_machine_without_apt_get_is_told_the_names(bare: Machine) -> None:
    (bare.folder / "bin" / "apt-get").unlink()
    done = bare.set_up("tests")
    assert done.returncode == 1
    assert "not Debian" in done.stderr
    assert "chromium" in done.stderr


# --- nothing missing -----------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["run", "lint", "tests"])
def test_when_nothing_is_missing_nothing_is_called_or_said(whole: Machine, target: str) -> None:
    done = whole.set_up(target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [whole.calls(name) for name in ("apt-get", "sudo", "uv", "id")] == [[], [], [], []]


# --- .venv ---------------------------------------------------------------------------------------


def test_packages_are_installed_by_hash_and_the_project_without_fetching_its_builder(
    bare: Machine,
) -> None:
    bare.has(*FILES)
    bare.set_up("run")
    python = bare.venv / "bin/python"
    assert bare.calls("uv")[1:] == [
        f"uv pip install -p {python} --require-hashes -r requirements.txt",
        f"uv pip install -p {python} --no-deps --no-build-isolation -e .",
    ]


def test_a_venv_for_the_tests_also_runs_the_demo(whole: Machine) -> None:
    whole.set_up("run")
    assert whole.calls("uv") == []


def test_a_venv_for_the_demo_is_completed_for_the_tests(bare: Machine) -> None:
    bare.has(*FILES)
    bare.set_up("run")
    bare.forget_calls()
    bare.set_up("tests")
    assert [call.split()[1:3] for call in bare.calls("uv")] == [["pip", "install"]] * 2
    assert "requirements-dev.txt" in bare.calls("uv")[0]


def test_changed_requirements_are_installed_into_the_same_venv(whole: Machine) -> None:
    with (whole.project / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    whole.set_up("tests")
    assert [call.split()[1] for call in whole.calls("uv")] == ["pip", "pip"]


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("[project.scripts]", '[project.scripts]\nx = "kiosk.x:main"', True),
        ("[tool.ruff]", "[tool.ruff]\n# x", False),
    ],
)
def test_only_the_packaging_part_of_pyproject_asks_for_an_install(
    whole: Machine, old: str, new: str, again: bool
) -> None:
    path = whole.project / "pyproject.toml"
    path.write_text(path.read_text().replace(old, new))
    assert whole.set_up("tests").returncode == 0
    assert bool(whole.calls("uv")) is again


def test_a_set_up_that_was_interrupted_is_begun_again(bare: Machine) -> None:
    bare.has(*FILES)
    bare.program("uv", FAKE_UV + '[ "$1" = pip ] && kill -9 $PPID')
    assert bare.set_up("run").returncode != 0
    assert bare.venv.exists()
    (bare.venv / "half-made").touch()
    bare.program("uv", FAKE_UV)
    assert bare.set_up("run").returncode == 0
    assert not (bare.venv / "half-made").exists()


def test_a_venv_copied_from_another_folder_is_built_again(whole: Machine) -> None:
    shutil.copytree(whole.project, whole.folder / "copy", symlinks=True)
    assert whole.run("bash", str(whole.folder / "copy/.ci/setup"), "run").returncode == 0
    assert whole.calls("uv")[0].startswith("uv venv")


def test_a_venv_whose_python_is_gone_is_built_again(whole: Machine) -> None:
    (whole.venv / "bin/python").unlink()
    (whole.venv / "bin/python").symlink_to("/nowhere/python3.11")
    assert whole.set_up("run").returncode == 0
    assert whole.calls("uv")[0].startswith("uv venv")


def test_an_update_that_was_interrupted_is_begun_again(whole: Machine) -> None:
    with (whole.project / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    whole.program("uv", FAKE_UV + '[ "$1" = pip ] && kill -9 $PPID')
    assert whole.set_up("run").returncode != 0
    whole.program("uv", FAKE_UV)
    whole.forget_calls()
    assert whole.set_up("run").returncode == 0
    assert whole.calls("uv")[0].startswith("uv venv")


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 13)])
def test_an_old_python_is_named(bare: Machine, version: tuple[int, int, int]) -> None:
    pretend = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    bare.program("python3", f'exec "{sys.executable}" -c "{pretend}" "$2"')
    done = bare.set_up("run")
    assert done.returncode == 1
    named = ".".join(map(str, version))
    assert f"Python 3.11 or newer is needed; python3 is {named};" in done.stderr
    assert bare.calls("uv") == []


def test_a_newer_python_beside_an_old_one_is_taken(bare: Machine) -> None:
    bare.program("python3.12", f'exec "{sys.executable}" "$@"')
    bare.program("python3", "exit 1")
    assert bare.set_up("run").returncode == 0
    assert f"-p {bare.folder}/bin/python3.12 " in bare.calls("uv")[0]


def test_an_unreachable_registry_is_said_in_plain_words(bare: Machine) -> None:
    bare.has(*FILES)
    bare.program(
        "uv",
        FAKE_UV
        + '[ "$1" = pip ] && { echo "error: Failed to fetch: dns error" >&2; exit 2; }; exit 0',
    )
    done = bare.set_up("run")
    assert done.returncode == 1
    assert "the package registry cannot be reached. Check the network" in done.stderr
    assert "dns error" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_hash_is_not_called_a_network_fault(bare: Machine) -> None:
    bare.has(*FILES)
    bare.program(
        "uv", FAKE_UV + '[ "$1" = pip ] && { echo "hashes do not match" >&2; exit 1; }; exit 0'
    )
    done = bare.set_up("run")
    assert done.returncode == 1
    assert "could not be installed" in done.stderr
    assert "registry" not in done.stderr


def test_without_uv_and_the_venv_module_the_debian_package_is_named(bare: Machine) -> None:
    (bare.folder / "bin" / "uv").unlink()
    refuse = 'case "$2" in *ensurepip*) exit 1 ;; esac\n'
    bare.program("python3", refuse + f'exec "{sys.executable}" "$@"')
    done = bare.set_up("run")
    assert done.returncode == 1
    assert "install -y --no-install-recommends python3-venv" in done.stderr


# --- make ----------------------------------------------------------------------------------------


def test_make_without_a_target_lists_the_targets(bare: Machine) -> None:
    done = bare.run("make")
    assert done.returncode == 0
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert listed >= {"help", "demo", "test", "lint", "bench", "clean"}


def test_make_demo_sets_up_and_starts_the_kiosk_in_one_call(bare: Machine) -> None:
    start = f'mkdir -p "{bare.venv}/bin"; printf "#!/bin/sh\\necho started \\"\\$@\\"\\n" >"{bare.venv}/bin/kiosk"'
    bare.program("uv", FAKE_UV + f'{start}; chmod +x "{bare.venv}/bin/kiosk"')
    bare.has(*FILES)
    done = bare.run("make", "demo", "ARGS=--no-browser --station-port 8081")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "started demo --no-browser --station-port 8081\n"


def test_continuous_integration_lints_and_then_tests() -> None:
    text = (ROOT / ".ci/run").read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.index("make lint") < text.index("make test")
    assert os.access(ROOT / ".ci/run", os.X_OK)
