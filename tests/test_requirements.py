"""The locks install anywhere and say nothing of where they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.check_requirements import problems

HASH = "--hash=sha256:" + "0a" * 32
GOOD = f"# made by: make lock\nsome-package==1.0.post1 ; sys_platform == 'win32' \\\n    {HASH} \\\n    {HASH}\n"


def test_our_locks_are_in_order() -> None:
    assert problems(ROOT) == []


def test_a_good_lock_passes(tmp_path: Path) -> None:
    (tmp_path / "requirements-x.txt").write_text(GOOD)
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("other==1.0", "not a version pinned by sha256 hashes: other==1.0"),
        (f"other>=1.0 {HASH}", "not a version pinned"),
        (f"other {HASH}", "not a version pinned"),
        ("other==1.0 --hash=md5:00", "not a version pinned"),
        (f"--index-url https://host.invalid/simple {HASH}", "URL"),
        ("--pre", "option: --pre"),
        ("-r requirements.txt", "option: -r"),
        ("-f wheels", "option: -f"),
        ("-e .", "option: -e"),
        ("./wheels/other-1.0.whl", "path"),
        ("wheels\\other-1.0.whl", "path"),
        ("other-1.0-py3-none-any.whl", "file"),
        (f"other @ https://host.invalid/other.whl {HASH}", "URL"),
        ("# from https://host.invalid/simple", "URL"),
        ("# via /home/somebody/other.in", "path"),
    ],
)
def test_a_line_that_names_a_place_or_pins_nothing_is_found(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "requirements-x.txt").write_text(GOOD + line + "\n")
    [problem] = problems(tmp_path)
    assert problem.startswith("requirements-x.txt:5: ")
    assert words in problem


def test_an_empty_lock_is_found(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    assert problems(tmp_path) == ["requirements.txt:1: pins nothing"]


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "pylock.dev.toml", "package-lock.json"])
def test_locks_of_other_tools_are_found_wherever_they_are(tmp_path: Path, name: str) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / name).touch()
    [problem] = problems(tmp_path)
    assert problem.startswith(f"deeper/{name}: ")


def test_environments_are_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / ".venv-x").mkdir()
    (tmp_path / ".venv-x" / "pyvenv.cfg").touch()
    (tmp_path / ".venv-x" / "uv.lock").touch()
    assert problems(tmp_path) == []
