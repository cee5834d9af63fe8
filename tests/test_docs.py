"""The documents say in both languages what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.conftest import ROOT

SIBLING = ".zh-CN.md"

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

ENGLISH = sorted(path for path in (*ROOT.glob("docs/*.md"), ROOT / "README.md") if not path.name.endswith(SIBLING))
CHINESE = sorted(path for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")) if path.name.endswith(SIBLING))
ALL = [*ENGLISH, *CHINESE, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]

documents = pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
pairs = pytest.mark.parametrize("english", ENGLISH, ids=lambda path: path.name)
settings_pages = pytest.mark.parametrize("name", ["settings.md", f"settings{SIBLING}"])


def sibling(english: Path) -> Path:
    return english.with_name(f"{english.stem}{SIBLING}")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    return FENCED.sub("", text_of(path))


def links_of(path: Path) -> list[str]:
    """The relative links, without the part behind ``#``."""
    return [link.partition("#")[0] for link in LINK.findall(prose_of(path)) if "://" not in link]


def code_of(path: Path) -> list[str]:
    """What people copy: the code blocks, and what stands between backticks in the text."""
    return [code for _language, code in FENCED.findall(text_of(path))] + re.findall(r"`([^`\n]+)`", prose_of(path))


def listed(name: str, pattern: str) -> set[str]:
    """The first column of the tables of ``docs/name``, where it is like ``pattern``."""
    return set(re.findall(rf"^\| `({pattern})` \|", text_of(ROOT / "docs" / name), re.MULTILINE))


# --- Both languages ---------------------------------------------------------------------------------------


def test_every_document_for_users_is_there_in_both_languages() -> None:
    assert len(ENGLISH) > 3
    assert sorted(map(sibling, ENGLISH)) == CHINESE


@pairs
def test_both_languages_link_to_each_other_at_the_top(english: Path) -> None:
    chinese = sibling(english)
    assert f"[简体中文]({chinese.name})" in text_of(english).splitlines()[:4]
    assert f"[English]({english.name})" in text_of(chinese).splitlines()[:4]


@pairs
def test_both_languages_are_built_alike(english: Path) -> None:
    def outline(path: Path) -> dict[str, list[str]]:
        return {
            "headings": re.findall(r"^(#+) ", prose_of(path), re.MULTILINE),
            "code blocks": [language for language, _code in FENCED.findall(text_of(path))],
            "lists and tables": re.findall(r"^ *([-|]|\d+\.)(?= )", prose_of(path), re.MULTILINE),
        }

    assert outline(sibling(english)) == outline(english)


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.name)
def test_a_reader_of_chinese_stays_with_chinese_where_there_is_some(path: Path) -> None:
    own = path.name.removesuffix(SIBLING) + ".md"
    others = [path.parent / link for link in links_of(path) if link != own]
    assert [other for other in others if other.suffix == ".md" and sibling(other).exists()] == []


# --- Links and commands -----------------------------------------------------------------------------------


@documents
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    assert [link for link in links_of(path) if not (path.parent / link).exists()] == []


@documents
def test_every_command_that_is_named_exists(path: Path) -> None:
    code = "\n".join(code_of(path))
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmanage\.py +([a-z]\w*)", code)) <= set(get_commands())
    assert set(re.findall(r"^make +([a-z-]+)", code, re.MULTILINE)) <= targets


# --- Settings and checks ----------------------------------------------------------------------------------


@settings_pages
def test_every_setting_is_explained_and_no_other(name: str) -> None:
    read = set(re.findall(r"\benv\.\w+\(\s*\"(\w+)\"", text_of(ROOT / "backoffice" / "settings.py")))
    assert len(read) > 20
    assert listed(name, "[A-Z_]+") == read


@settings_pages
def test_every_check_is_explained_and_no_other(name: str) -> None:
    sources = [path for app in ("backoffice", "reporter") for path in (ROOT / app).rglob("*.py")]
    used = {found for path in sources for found in re.findall(r"\"([a-z]+\.[EW]\d{3})\"", text_of(path))}
    assert len(used) > 8
    assert listed(name, r"[a-z]+\.[EW]\d{3}") == used
