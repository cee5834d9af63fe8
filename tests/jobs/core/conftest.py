"""Installations of a test's own, with real processes and a real database."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.jobs.core.processes import Place, default_database, place_at, postgres_database
from tests.services import PrivatePostgres, fresh_postgres_database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They look into /proc for what is left running, and send signals that Windows does not have."""
    here = Path(__file__).parent
    for item in items:
        if sys.platform != "linux" and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Linux: looks at processes in /proc"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    with django_db_blocker.unblock(), default_database(f"sqlite:///{path}"):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture
def place(
    clean_environment: dict[str, str], migrated_sqlite: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    """On SQLite."""
    Path(clean_environment["DATA_DIR"]).mkdir()
    shutil.copy(migrated_sqlite, clean_environment["DATA_DIR"])
    with django_db_blocker.unblock(), place_at(clean_environment) as place:
        yield place


@pytest.fixture(scope="session")
def migrated_postgres(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of a database with all tables, to be copied: that takes a moment, and migrating takes a second."""
    with postgres_database() as url:
        with django_db_blocker.unblock(), default_database(url):
            call_command("migrate", verbosity=0)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_place(
    clean_environment: dict[str, str], migrated_postgres: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with (
        fresh_postgres_database(template=migrated_postgres) as url,
        django_db_blocker.unblock(),
        place_at(clean_environment, url, is_migrated=True) as place,
    ):
        yield place


@pytest.fixture
def private_postgres_place(
    clean_environment: dict[str, str], private_postgres: PrivatePostgres, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    """On the server of ``private_postgres``, which the test may stop and start."""
    with django_db_blocker.unblock(), place_at(clean_environment, private_postgres.url) as place:
        yield place


@pytest.fixture(params=["sqlite", "postgres"])
def any_place(request: pytest.FixtureRequest) -> Place:
    """The test once on each database."""
    found: Place = request.getfixturevalue("place" if request.param == "sqlite" else "postgres_place")
    return found
