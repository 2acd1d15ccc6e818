"""Read the settings files, or say everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config.central import Central
from config.library import Library
from config.station import Station


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where, what stands there, and what to write instead."""

    file: str
    key: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"{self.key} = {self.value}" if self.value else self.key
        return f"{self.file}: {where}: {self.message}" if where else f"{self.file}: {self.message}"


class SettingsError(Exception):
    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_library(path: Path) -> Library:
    raise NotImplementedError


def load_station(path: Path) -> Station:
    raise NotImplementedError


def load_central(path: Path) -> Central:
    raise NotImplementedError


def check_all(folder: Path) -> list[Problem]:
    raise NotImplementedError
