"""The servers that tests get: real, empty, and strict about being there where they must be."""

from __future__ import annotations

import psycopg
import pytest

from tests import services


def test_a_missing_service_skips_in_words_and_fails_where_services_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no such server"):
        services.missing("no such server")
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="no such server"):
        services.missing("no such server")


def test_a_postgres_database_is_empty_and_goes_away(postgres_url: str) -> None:
    with services.fresh_postgres_database() as other_url, psycopg.connect(other_url) as connection:
        [tables] = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or [None]
        connection.execute("CREATE TABLE mine (id int)")
        connection.commit()
        assert (tables, other_url != postgres_url) == (0, True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(other_url)


def test_a_private_postgres_can_be_killed_and_started_again(private_postgres: services.PrivatePostgres) -> None:
    with psycopg.connect(private_postgres.url) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    private_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(private_postgres.url)

    private_postgres.start()
    private_postgres.restart()
    with psycopg.connect(private_postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_private_redis_answers(private_redis: services.PrivateRedis) -> None:
    private_redis.empty()
    private_redis.kill()
    with pytest.raises(ConnectionRefusedError):
        private_redis.empty()
    private_redis.start()
    private_redis.empty()
