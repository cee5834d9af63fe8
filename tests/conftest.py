"""What every test can ask for. tests/settings.py says where data and databases of the suite are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from backoffice.bootstrap import cache_of_url
from tests import migrated, services
from tests.environment import fresh_environment

ROOT = Path(__file__).resolve().parent.parent

ManagePy = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: two for each core, since half of what the tests do is wait for processes and servers."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that wait for processes evenly among those that compute: no core is idle beside them."""
    core, places = ROOT / "tests" / "jobs" / "core", {}
    waiting = [item for item in items if core in item.path.parents and item.path.name != "test_races.py"]
    apart = set(waiting)
    for group in (waiting, [item for item in items if item not in apart]):
        places |= {item: (number + 0.5) / len(group) for number, item in enumerate(group)}
    items.sort(key=places.__getitem__)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # once, after the last worker
        migrated.drop_postgres()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Nothing of the names: tests/settings.py gives every worker a database of its own, which children know, too.

    It is a copy of one that has all tables.
    """
    name = str(settings.DATABASES["default"]["NAME"])
    if os.environ.get("TEST_DATABASE_URL"):
        migrated.copy_postgres_to(name)
    else:
        migrated.copy_sqlite_to(Path(name))


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Use the copy, and leave it to go with the suite."""
    return True


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request in Chinese leaves that language on in its thread: the next test must not be in it."""
    yield
    translation.deactivate()


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh checkout for a process: own data folder, SQLite, mail into files."""
    return fresh_environment(tmp_path / "data")


@pytest.fixture
def manage(clean_environment: dict[str, str]) -> ManagePy:
    """``manage("migrate", DATABASE_URL=…)`` runs manage.py as people do, warnings being errors; returns its result.

    ``check=False`` to look at the exit status; ``timeout`` in seconds.
    """

    def run(*arguments: str, check: bool = True, timeout: float = 120, **environment: str):  # type: ignore[no-untyped-def]
        result = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *arguments],
            cwd=ROOT,
            env=clean_environment | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert not check or result.returncode == 0, f"exit status {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    return run


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    if services.why_no_postgres():
        services.missing(services.why_no_postgres())
    with services.fresh_postgres_database() as url:
        yield url


@pytest.fixture
def migrated_postgres_url() -> Iterator[str]:
    """A PostgreSQL database with all tables."""
    with migrated.postgres_copy() as url:
        yield url


@pytest.fixture
def private_postgres() -> Iterator[services.PrivatePostgres]:
    """A PostgreSQL server of this test's own: ``.url``, ``.stop()``, ``.start()``, ``.restart()``, ``.kill()``."""
    with services.running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _redis_of_this_process() -> Iterator[services.PrivateRedis]:
    with services.running_redis() as server:
        yield server


@pytest.fixture
def redis_url(_redis_of_this_process: services.PrivateRedis) -> str:
    """An empty Redis server; this process's own, so that nobody else is in it."""
    _redis_of_this_process.empty()
    return _redis_of_this_process.url


@pytest.fixture
def private_redis() -> Iterator[services.PrivateRedis]:
    """A Redis server of this test's own: ``.url``, ``.kill()``, ``.start()``."""
    with services.running_redis() as server:
        yield server


@pytest.fixture
def no_cache(settings: Any) -> None:
    """CACHE_URL names a Redis where nothing listens."""
    settings.CACHES = {"default": cache_of_url(f"redis://127.0.0.1:{services.free_port()}/0")[0]}


@pytest.fixture
def rabbitmq_url() -> str:
    """The RabbitMQ server for tests. It is shared: use queue names of your own."""
    if services.why_no_rabbitmq():
        services.missing(services.why_no_rabbitmq())
    return services.RABBITMQ_SERVER


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The program to hand to Playwright as ``executable_path``."""
    return services.chromium() or services.missing("Chromium is not installed")
