"""The project as a whole: it checks, migrates and keeps to its own rules, on both databases."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests import migrated
from tests.conftest import ROOT, ManagePy
from tests.settings import OURS

LOG_INDEXES = {
    ("code", "is_success", "ran_at_time"),
    ("code", "start_time", "ran_at_time"),
    ("code", "start_time"),
}

LONGEST_FILE = 300


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'other.sqlite3').as_posix()}"
    return str(request.getfixturevalue("postgres_url"))


def indexed_columns(url: str) -> set[tuple[str, ...]]:
    """The columns of every index of the log's table that has more than one, as the database tells them."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            names = [row[1] for row in connection.execute("PRAGMA index_list(django_cron_cronjoblog)")]
            columns = [[row[2] for row in connection.execute(f"PRAGMA index_info({name})")] for name in names]
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT array_agg(attname::text ORDER BY place) FROM pg_index,"
                " unnest(indkey) WITH ORDINALITY AS key(number, place)"
                " JOIN pg_attribute ON attnum = number"
                " WHERE indrelid = 'django_cron_cronjoblog'::regclass AND attrelid = indrelid GROUP BY indexrelid"
            )
            columns = [row[0] for row in rows]
    return {tuple(names) for names in columns if len(names) > 1}


def test_check_finds_nothing(manage: ManagePy, database_url: str) -> None:
    assert "no issues" in manage("check", "--fail-level", "WARNING", DATABASE_URL=database_url).stdout


def test_no_migration_is_missing(manage: ManagePy, database_url: str) -> None:
    manage("makemigrations", "--check", "--dry-run", DATABASE_URL=database_url)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_log_has_its_three_composite_indexes(request: pytest.FixtureRequest, kind: str) -> None:
    """Where manage.py migrate has made all tables, warnings being errors."""
    sqlite = f"sqlite:///{migrated.sqlite_database().as_posix()}"
    url = sqlite if kind == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    assert indexed_columns(url) == LOG_INDEXES


def test_django_cron_migrates_alone(manage: ManagePy, database_url: str) -> None:
    manage("migrate", "django_cron", DATABASE_URL=database_url)
    assert indexed_columns(database_url) == LOG_INDEXES


@pytest.mark.parametrize(
    "apps",
    ["['django_cron'] + [a for a in INSTALLED_APPS if a != 'django_cron']", "INSTALLED_APPS[1:] + ['backoffice']"],
    ids=["django_cron first", "backoffice last"],
)
def test_a_wrong_order_of_apps_fails_loudly(manage: ManagePy, tmp_path: Path, apps: str) -> None:
    (tmp_path / "wrong_order.py").write_text(f"from backoffice.settings import *\nINSTALLED_APPS = {apps}\n")

    result = manage("check", check=False, DJANGO_SETTINGS_MODULE="wrong_order", PYTHONPATH=str(tmp_path))

    assert result.returncode != 0
    assert "'backoffice' first and 'django_cron' after it" in result.stderr


def test_imports_go_in_one_direction_only() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_suite_knows_every_setting_that_it_must_not_take_from_the_developer() -> None:
    read = set(
        re.findall(r"\benv\.\w+\(\s*\"(\w+)\"", (ROOT / "backoffice" / "settings.py").read_text(encoding="utf-8"))
    )
    assert len(read) > 20
    assert read - OURS == {"DATA_DIR"}


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("backoffice", "reporter", "tools")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name != "migrations"
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}
