"""简体中文 is complete: every text has its translation, and what runs is what was translated."""

from __future__ import annotations

import gettext
import json
import re
import shutil
import string
import subprocess
import sys
from pathlib import Path

import django
import pytest
from django.contrib import admin
from django.utils.translation import gettext as gettext_of_django
from django.utils.translation import ngettext, override
from django.utils.translation.trans_real import DjangoTranslation

from tests.conftest import ROOT
from tests.services import missing

FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
NAMED = re.compile(r"%\((\w+)\)[^a-zA-Z]*[a-zA-Z]|%%")

# The texts of pages and mails; and those of the browser's scripts, which are Django's own.
DOMAINS = pytest.mark.parametrize("domain", ["django", "djangojs"])

# What is the same in Chinese, apart from its punctuation and the order of its parts.
SAME = {"HTML", "at %(times)s", "%(words)s and %(last)s"}

Entry = dict[str, str]


def entries(po: Path) -> list[Entry]:
    """The entries of a .po file: msgid, msgid_plural, msgstr or msgstr[0], and "flags"."""
    found = []
    for block in po.read_text(encoding="utf-8").strip().split("\n\n"):
        entry: Entry = {"flags": "".join(line for line in block.splitlines() if line.startswith("#,"))}
        key = ""
        for line in block.splitlines():
            if match := re.match(r'(msg\w+(?:\[\d\])?) (".*")$', line):
                key = match[1]
                entry[key] = json.loads(match[2])
            elif line.startswith('"'):
                entry[key] += json.loads(line)
        if "msgid" in entry:
            found.append(entry)
    assert found[0]["msgid"] == ""
    return found[1:]


def translation(entry: Entry) -> str:
    return entry.get("msgstr", entry.get("msgstr[0]", ""))


def placeholders(text: str) -> set[str]:
    fields = {name for _text, name, _spec, _conversion in string.Formatter().parse(re.sub(NAMED, "", text)) if name}
    return {match[0] for match in NAMED.finditer(text)} | fields


def test_every_text_is_translated_and_none_is_guessed() -> None:
    wrong = [entry["msgid"] for entry in entries(FOLDER / "django.po") if not translation(entry).strip()]
    assert wrong == []
    assert [entry["msgid"] for entry in entries(FOLDER / "django.po") if "fuzzy" in entry["flags"]] == []


def test_every_translation_is_chinese() -> None:
    latin = [
        entry["msgid"]
        for entry in entries(FOLDER / "django.po")
        if entry["msgid"] not in SAME
        and re.search("[A-Za-z]", re.sub(NAMED, "", entry["msgid"]))
        and not re.search("[\u4e00-\u9fff]", translation(entry))
    ]
    assert latin == []


def test_translations_have_the_placeholders_of_their_texts() -> None:
    for entry in entries(FOLDER / "django.po"):
        wanted = placeholders(entry["msgid"]) | placeholders(entry.get("msgid_plural", ""))
        assert placeholders(translation(entry)) == wanted, entry["msgid"]


@DOMAINS
def test_what_runs_is_what_was_translated(domain: str) -> None:
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in entries(FOLDER / f"{domain}.po"):
        context, plural = entry.get("msgctxt"), entry.get("msgid_plural")
        if context:
            text = compiled.pgettext(context, entry["msgid"])
        else:
            text = compiled.ngettext(entry["msgid"], plural, 2) if plural else compiled.gettext(entry["msgid"])
        assert text == translation(entry), "run `make messages`"


def test_every_text_of_the_admins_scripts_is_translated() -> None:
    scripts = Path(admin.__file__).parent / "static" / "admin" / "js"
    source = "".join(file.read_text(encoding="utf-8") for file in scripts.glob("*.js"))
    known = DjangoTranslation("zh-hans", domain="djangojs", localedirs=[str(scripts.parents[2] / "locale")])
    texts = {match[2] for match in re.finditer(r"""(?<!\w)gettext\((['"])(.*?)\1\)""", source)}
    assert len(texts) > 20
    assert {text for text in texts if known.gettext(text) == text} == set()


# What stays as it is in Chinese, too.
UNITS = {"IPv4", "IPv6", "URL", "AM", "PM", "a.m.", "p.m.", *(f"%s {unit}" for unit in ("KB", "MB", "GB", "TB", "PB"))}


@pytest.mark.parametrize("folder", ["conf", "contrib/admin", "contrib/auth", "contrib/contenttypes"])
def test_what_django_has_no_chinese_for_is_translated_here(folder: str) -> None:
    shipped = Path(django.__file__).parent / folder / "locale" / "en" / "LC_MESSAGES" / "django.po"
    texts = [entry for entry in entries(shipped) if "msgctxt" not in entry and entry["msgid"] not in UNITS]
    assert texts
    english = set()
    with override("zh-hans"):
        for entry in texts:
            one, many = entry["msgid"], entry.get("msgid_plural")
            known = ngettext(one, many, 2) if many else gettext_of_django(one)
            if known in (one, many) and re.search("[A-Za-z]", re.sub(NAMED, "", one)):
                english.add(one)
    assert english == set(), "put them into backoffice/untranslated.py, and translate them"


def test_no_text_in_the_code_is_unknown_to_the_translators(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    for program in ("xgettext", "msguniq", "msgmerge"):
        if shutil.which(program) is None:
            missing(f"gettext is not installed: no {program}")
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".git", ".venv*", "var", "tests", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    command = [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-wrap", "--no-location"]
    subprocess.run(command, cwd=copy, env=clean_environment, check=True, capture_output=True)

    def texts(po: Path) -> set[str]:
        return {entry["msgid"] for entry in entries(po)}

    fresh = texts(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po")
    assert fresh - texts(FOLDER / "django.po") == set(), "run `make messages` and translate"
