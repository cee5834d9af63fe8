"""Installations of a test's own, with real processes and a real database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.jobs.core.processes import Place, place_at
from tests.services import PrivatePostgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They look into /proc for what is left running, and send signals that Windows does not have."""
    here = Path(__file__).parent
    for item in items:
        if sys.platform != "linux" and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Linux: looks at processes in /proc"))


@pytest.fixture
def place(clean_environment: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[Place]:
    """On SQLite."""
    with django_db_blocker.unblock(), place_at(clean_environment) as place:
        yield place


@pytest.fixture
def postgres_place(
    clean_environment: dict[str, str], migrated_postgres_url: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[Place]:
    with django_db_blocker.unblock(), place_at(clean_environment, migrated_postgres_url) as place:
        yield place


@pytest.fixture
def private_postgres_place(
    clean_environment: dict[str, str],
    private_postgres: PrivatePostgres,
    migrated_postgres_url: str,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Place]:
    """On the server of ``private_postgres``, which the test may stop and start."""
    private_postgres.fill(migrated_postgres_url)
    with django_db_blocker.unblock(), place_at(clean_environment, private_postgres.url) as place:
        yield place


@pytest.fixture(params=["sqlite", "postgres"])
def any_place(request: pytest.FixtureRequest) -> Place:
    """The test once on each database."""
    found: Place = request.getfixturevalue("place" if request.param == "sqlite" else "postgres_place")
    return found
