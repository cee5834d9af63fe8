"""Checks that the locks can be installed anywhere and say nothing of where they were made.

Every line of a requirements*.txt pins one package by version and by hashes: no URL, no index or other
option, no path. Locks of other tools (uv.lock, pylock.toml, …) name hosts and are not wanted at all.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOREIGN_LOCKS = {"uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock"}
FOREIGN_LOCK_PATTERN = re.compile(r"pylock\..+\.toml")

PIN = re.compile(
    r"""
    [A-Za-z0-9][A-Za-z0-9._-]*              # name
    (\[[A-Za-z0-9,._-]+\])?                 # extras
    ==[A-Za-z0-9.!+_-]+                     # version
    (\s*;\s*(?P<marker>[^#]+?))?            # for which systems
    (\s+--hash=sha256:[0-9a-f]{64})+        # at least one hash
    """,
    re.VERBOSE,
)
# What a URL or a path begins with, or holds.
PLACE = re.compile(r"://|[\\/@]|\bfile:|\.whl\b|\.tar\.gz\b")
SKIPPED_FOLDERS = {".git", "var", "node_modules"}


def problems(root: Path) -> list[str]:
    """What is wrong with the locks under ``root``, one line each; empty when all is well."""
    found = []
    for path in sorted(_files(root)):
        name = path.relative_to(root).as_posix()
        if path.name in FOREIGN_LOCKS or FOREIGN_LOCK_PATTERN.fullmatch(path.name):
            found.append(f"{name}: this kind of lock names hosts; requirements*.txt are ours")
        elif re.fullmatch(r"requirements.*\.txt", path.name):
            found += [f"{name}:{number}: {text}" for number, text in _problems_in(path.read_text(encoding="utf-8"))]
    return found


def _files(root: Path) -> Iterator[Path]:
    """The files under ``root``, without environments, data and what git keeps for itself."""
    for path in root.iterdir():
        if path.is_file():
            yield path
        elif path.is_dir() and path.name not in SKIPPED_FOLDERS and not (path / "pyvenv.cfg").exists():
            yield from _files(path)


def _problems_in(text: str) -> Iterator[tuple[int, str]]:
    pins = 0
    for number, line in _logical_lines(text):
        if PLACE.search(line):
            yield number, "names a URL, a path or a file"
        elif line.startswith("-"):
            yield number, f"is an option: {line.split()[0]}"
        elif line.startswith("#"):
            continue
        elif not PIN.fullmatch(line):
            yield number, f"is not a version pinned by sha256 hashes: {line.split()[0]}"
        else:
            pins += 1
    if not pins:
        yield 1, "pins nothing"


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined, and the number of the first of each."""
    begun, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if begun else number
        begun += line
        if begun.endswith("\\") and not begun.startswith("#"):
            begun = begun[:-1] + " "
            continue
        if begun.strip():
            yield first, begun.strip()
        begun = ""
    if begun.strip():
        yield first, begun.strip()


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(wrong) or "The locks are in order.")
    sys.exit(1 if wrong else 0)
