"""The shape of the code base as rules: who imports whom, what is PURE, how long things get, what is committed.

Each rule is a function from a parsed source to findings, so that test_architecture.py can hold the code to it and
also plant a bad source to see the rule fail.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PRODUCT = ("config", "drivers", "kiosk", "sync", "web_ui")

# --- what the design says ------------------------------------------------------------------------

# Files that make real objects and join them; they may import everything of ours.
COMPOSITION_ROOT = re.compile(r"^(kiosk\.(bootstrap|cli)(_\w+|\.\w+)*|sync\.central\.cli(_\w+)?)$")

# Folder -> the modules of ours (and all below them) that it may import. The longest prefix rules.
ARROWS = {
    "config": ("config",),
    "drivers": ("config", "drivers"),
    "kiosk": ("config", "kiosk", "drivers.scan"),
    "sync": ("config", "kiosk", "sync"),
    "web_ui": ("config", "kiosk", "sync.central", "web_ui"),
    "web_ui.demo": (
        "config",
        "kiosk",
        "sync.central",
        "web_ui",
        "drivers.simulator",
        "drivers.scan",
    ),
}

# Library -> where it may appear, besides the composition roots if it says so.
WEB = ("flask", "flask_wtf", "flask_login", "flask_babel", "werkzeug", "waitress")
DATABASE = ("sqlalchemy", "alembic", "psycopg")
WEB_PLACES = ("web_ui", "sync.central.api")
DATABASE_PLACES = ("kiosk.store", "kiosk.journal", "kiosk.imports", "sync.central")

# These must say PURE in the first paragraph of their docstring, whenever they exist.
MUST_BE_PURE = (
    "kiosk.domain",
    "kiosk.calendar",
    "kiosk.policy",
    "kiosk.overriding",
    "kiosk.hold_shelf",
    "kiosk.posts",
    "kiosk.saying",
    "kiosk.say_page",
    "kiosk.say_show",
    "kiosk.voice_posts",
    "kiosk.barcodes",
    "kiosk.visit",
    "kiosk.screen",
    "kiosk.entry",
    "drivers.framing",
    "drivers.keymap",
    "drivers.decode",
    "sync.timeline",
    "sync.events",
    "sync.fold",
    "sync.links",
    "sync.surroundings",
    "sync.standing",
    "sync.cases",
    "sync.seals",
    "sync.wire",
    "sync.continuity",
    "sync.exchange",
    "sync.rows",
    "sync.sip2.messages",
    "sync.sip2.framing",
)

# Frozen values without behaviour, which a PURE module may speak in though they are not marked.
VALUES = ("config.library", "config.station", "config.central", "drivers.scan")

# The part of the standard library that neither looks at the world nor changes it.
PURE_STANDARD = frozenset(
    "__future__ abc base64 binascii bisect calendar collections contextlib copy dataclasses datetime decimal difflib"
    " enum fractions functools hashlib hmac heapq ipaddress itertools json math operator re string struct types typing"
    " unicodedata zoneinfo".split()
)
PURE_NAMES = frozenset(("pathlib.PurePath", "pathlib.PurePosixPath"))  # text, not files
PURE_LIBRARIES = frozenset(
    "cv2 holidays msgspec numpy pydantic pydantic_core pypinyin pyzbar typing_extensions zxingcpp".split()
)
IMPURE_CALLS = frozenset("open print input exec eval compile breakpoint __import__".split())
CLOCK_READERS = frozenset(("now", "utcnow", "today"))
CLOCKS = frozenset(("datetime", "date", "dt"))

FILE_CEILING = 400
FUNCTION_CEILING = 70

# Put together here, so that this file does not hold what it forbids.
ADDRESSES = tuple(
    name.replace("|", ".")
    for name in (
        "pypi|org",
        "pythonhosted|org",
        "deb|debian|org",
        "npmjs|org",
        "pkg|dev",
        "gcr|io",
        "tuna|tsinghua",
    )
)


# --- reading the sources -------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One Python file: dotted module name, whether it is a package's __init__, text, and parsed tree."""

    module: str
    is_package: bool
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, module: str, text: str, *, is_package: bool = False) -> Source:
        return cls(module, is_package, text, ast.parse(text))

    def says_pure(self) -> bool:
        first_paragraph = (ast.get_docstring(self.tree) or "").split("\n\n")[0]
        return re.search(r"\bPURE\b", first_paragraph) is not None


@cache
def sources(root: Path) -> dict[str, Source]:
    """Every product module below `root`, by dotted name."""
    found = {}
    for folder in PRODUCT:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            module = ".".join(parts[:-1] if is_package else parts)
            text = path.read_text(encoding="utf-8")
            found[module] = Source.parse(module, text, is_package=is_package)
    return found


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, relative ones resolved; `from a import b` gives a.b."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    climb = node.level - 1 if source.is_package else node.level
    package = package[: len(package) - climb]
    return ".".join([*package, *([node.module] if node.module else [])])


def is_within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


# --- the rules -----------------------------------------------------------------------------------

Finding = str
Rule = Callable[[Source, dict[str, Source]], Iterator[Finding]]


def arrows(source: Source, _every: dict[str, Source]) -> Iterator[Finding]:
    """Imports point the way that the design says; no product file imports the tests."""
    prefix = max((p for p in ARROWS if is_within(source.module, (p,))), key=len)
    for line, name in imports(source):
        top = name.partition(".")[0]
        free = COMPOSITION_ROOT.match(source.module) and top != "tests"
        if top in (*PRODUCT, "tests") and not free and not is_within(name, ARROWS[prefix]):
            yield f"{source.module}:{line} imports {name}; {prefix} may import {', '.join(ARROWS[prefix])}"


def libraries(source: Source, _every: dict[str, Source]) -> Iterator[Finding]:
    """Flask stays in the web folders, SQL in the stores."""
    root = COMPOSITION_ROOT.match(source.module)
    for line, name in imports(source):
        top = name.partition(".")[0]
        if top in WEB and not root and not is_within(source.module, WEB_PLACES):
            yield f"{source.module}:{line} imports {name}; that belongs in {', '.join(WEB_PLACES)}"
        if top in DATABASE and not is_within(source.module, DATABASE_PLACES):
            yield f"{source.module}:{line} imports {name}; that belongs in {', '.join(DATABASE_PLACES)}"


def pure_is_said(source: Source, _every: dict[str, Source]) -> Iterator[Finding]:
    """The modules that decide declare themselves PURE, so that the next rule reads them."""
    if source.module in MUST_BE_PURE and not source.says_pure():
        yield f"{source.module} must be PURE and say so in the first paragraph of its docstring"


def pure_imports(source: Source, every: dict[str, Source]) -> Iterator[Finding]:
    """A PURE module imports values, PURE modules, and the part of the library that does nothing."""
    if not source.says_pure():
        return
    for line, name in imports(source):
        top = name.partition(".")[0]
        if top in PRODUCT:
            owner = _owner(name, every)
            if owner not in VALUES and not (owner in every and every[owner].says_pure()):
                yield f"{source.module}:{line} is PURE but imports {owner}, which is not"
        elif top not in PURE_STANDARD | PURE_LIBRARIES and name not in PURE_NAMES:
            yield f"{source.module}:{line} is PURE but imports {name}"


def _owner(name: str, every: dict[str, Source]) -> str:
    """The module that an imported dotted name comes from: the name itself, or what holds it."""
    return name if name in every else name.rpartition(".")[0]


def pure_calls(source: Source, _every: dict[str, Source]) -> Iterator[Finding]:
    """A PURE module reads no clock, opens no file, prints nothing."""
    if not source.says_pure():
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(attr=attr, value=value) if (
                attr in CLOCK_READERS and _tail(value) in CLOCKS
            ):
                yield f"{source.module}:{node.lineno} is PURE but reads the clock ({ast.unparse(node)})"
            case ast.Name(id=name, ctx=ast.Load()) if name in IMPURE_CALLS:
                yield f"{source.module}:{node.lineno} is PURE but uses {name}()"


def _tail(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def lengths(source: Source, _every: dict[str, Source]) -> Iterator[Finding]:
    """A file that passes 300 lines is split; a function that passes 40 is looked at. These are the ceilings."""
    lines = source.text.count("\n")
    if lines > FILE_CEILING:
        yield f"{source.module} has {lines} lines; split it (ceiling {FILE_CEILING})"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _body_lines(node)
            if length > FUNCTION_CEILING:
                yield f"{source.module}:{node.lineno} {node.name} has {length} lines (ceiling {FUNCTION_CEILING})"


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not body:
        return 0
    return (node.end_lineno or node.lineno) - body[0].lineno + 1


RULES: tuple[Rule, ...] = (arrows, libraries, pure_is_said, pure_imports, pure_calls, lengths)


def findings(rule: Rule, every: dict[str, Source]) -> list[Finding]:
    return [finding for source in every.values() for finding in rule(source, every)]


def addresses_in(name: str, text: str) -> list[Finding]:
    """Where packages come from is the machine's affair; a committed file names no registry."""
    return [f"{name} names {address}" for address in ADDRESSES if address in text]


def addresses_in_requirements(name: str, text: str) -> list[Finding]:
    """A requirements file works with any index, because it names none."""
    marks = ("://", "index-url", "find-links", " @ ")
    return [f"{name} has {mark}" for mark in marks if mark in text]


def committed_texts(root: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of every committed text file; without git (an unpacked archive), of every file outside .venv."""
    for path in _committed(root):
        try:
            yield str(path.relative_to(root)), path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, or a file that somebody has just deleted


def _committed(root: Path) -> list[Path]:
    if shutil.which("git") and (root / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"]
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        return [root / name for name in listed.split("\0") if name]
    return [path for path in root.rglob("*") if path.is_file() and ".venv" not in path.parts]
