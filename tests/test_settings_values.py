"""A setting that cannot be read, or cannot work, is named in a line; nobody has to read a traceback."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from backoffice.bootstrap import cache_of_url, database_of_url, kept_secret_key
from backoffice.environment import Environment
from tests.conftest import ManagePy

USE_CACHE = "from django.core.cache import cache; cache.set('x', 'kept'); print(cache.get('x'))"


def test_manage_names_every_setting_that_is_wrong_in_a_line_each(manage: ManagePy) -> None:
    wrong = {
        "PORT": ("abc", "a whole number, not 'abc'."),
        "DEBUG": ("maybe", "true or false, not 'maybe'."),
        "LOG_LEVEL": ("LOUD", "DEBUG, INFO, WARNING, ERROR or CRITICAL, not 'LOUD'."),
        "JOBS_POOL_SIZE": ("many", "a whole number, not 'many'."),
        "JOBS_POOL_MAX": ("2", "at least JOBS_POOL_SIZE, which is 4, not 2."),
        "JOBS_LEASE_SECONDS": ("1", "a number of seconds from 3 to 315360000, not 1.0."),
        "DJANGO_CRON_LOCK_TIME": ("soon", "a whole number, not 'soon'."),
        "LANGUAGE_CODE": ("xx", "en or zh-hans, not 'xx'."),
        "REPORT_ALLOWED_DOMAINS": ("*.de", "domains such as example.com, with commas between, not '*.de'."),
        "SITE_URL": ("localhost", "an address that begins with http:// or https://, not 'localhost'."),
    }
    result = manage("runcrons", check=False, **{name: value for name, (value, _words) in wrong.items()})
    assert (result.returncode, result.stdout) == (1, "")
    expected = {f"Settings: {name} must be {words}" for name, (_value, words) in wrong.items()}
    assert set(result.stderr.splitlines()) == expected


@pytest.mark.parametrize("command", ["check", "runcrons", "serve"])
def test_a_database_url_that_cannot_be_read_is_named_and_its_password_is_not(manage: ManagePy, command: str) -> None:
    result = manage(command, check=False, DATABASE_URL="postgres://me:geh#eim@host/name")
    [line] = result.stderr.splitlines()
    assert result.returncode == 1
    assert line.startswith("Settings: DATABASE_URL cannot be read; it must be like postgres://user:password@host")
    assert "eim" not in line


def test_a_data_folder_that_cannot_be_made_is_named(manage: ManagePy, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = manage("check", check=False, DATA_DIR=str(tmp_path / "file"))
    [line] = result.stderr.splitlines()
    assert result.returncode == 1
    assert line.startswith(f"Settings: DATA_DIR {tmp_path / 'file'} cannot be made: ")


def test_a_data_folder_that_takes_no_secret_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot hold the secret key"):
        kept_secret_key(tmp_path / "gone")


def test_postgresql_without_its_driver_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> ModuleSpec | None:
        return None if name.startswith("psycopg") else importlib.util.find_spec(name)

    monkeypatch.setattr("backoffice.bootstrap.find_spec", find_spec)
    with pytest.raises(ValueError, match="pip install --require-hashes -r requirements-scale"):
        database_of_url("postgres://me:secret@host/name")
    assert database_of_url("sqlite:////tmp/x")["NAME"] == "/tmp/x"


def test_a_database_that_this_is_not_made_for_is_refused() -> None:
    with pytest.raises(ValueError, match="must be SQLite or like postgres://"):
        database_of_url("mysql://me:secret@host/name")


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "2147483648"])
def test_a_size_of_the_pool_that_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("JOBS_POOL_SIZE", value)
    env = Environment()
    assert env.whole("JOBS_POOL_SIZE", default=4, at_least=1) == 4
    with pytest.raises(ImproperlyConfigured, match=r"^JOBS_POOL_SIZE must be a whole number"):
        env.insist()


@pytest.mark.parametrize("value", ["0", "-5", "2.9", "nan", "inf", "1e300"])
def test_a_lease_that_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("JOBS_LEASE_SECONDS", value)
    env = Environment()
    env.seconds("JOBS_LEASE_SECONDS", default=60.0, at_least=3)
    with pytest.raises(ImproperlyConfigured, match=r"^JOBS_LEASE_SECONDS must be a number of seconds"):
        env.insist()


def test_values_that_can_work_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "9000", "DEBUG": "yes", "LOG_LEVEL": "debug", "JOBS_LEASE_SECONDS": "3"}.items():
        monkeypatch.setenv(name, value)
    env = Environment()
    read = (env.whole("PORT", 8000), env.flag("DEBUG", False), env.level("LOG_LEVEL", 20))
    assert (*read, env.seconds("JOBS_LEASE_SECONDS", 60.0, 3)) == (9000, True, 10, 3.0)
    env.insist()


def test_the_file_is_read_as_it_is_written_and_the_environment_wins_over_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "DATABASE_URL=postgres://me:$ecret@host/name  # ours\nexport DEFAULT_FROM_EMAIL='Büro <a@b>'\n"
        "PORT=9000\nDEBUG=on\nEMPTY\n",
        encoding="utf-8",
    )
    for name in ("DATABASE_URL", "DEFAULT_FROM_EMAIL", "DEBUG", "EMPTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "9001")
    env = Environment(file)
    assert env.text("DATABASE_URL", "") == "postgres://me:$ecret@host/name"
    assert env.text("DEFAULT_FROM_EMAIL", "") == "Büro <a@b>"
    assert (env.whole("PORT", 8000), env.flag("DEBUG", default=False)) == (9001, True)
    assert env.text("EMPTY", "not set") == "not set"
    assert Environment(tmp_path / "none").text("EMPTY", "not set") == "not set"


def test_a_file_from_windows_is_read_and_one_that_is_no_text_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PORT", "SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfPORT=9000\r\nSITE_URL=http://a\r\n")
    env = Environment(file)
    assert (env.whole("PORT", 8000), env.text("SITE_URL", "")) == (9000, "http://a")
    file.write_bytes("PORT=9000 # Büro".encode("utf-16"))
    env = Environment(file)
    assert env.whole("PORT", 8000) == 8000
    with pytest.raises(ImproperlyConfigured, match=r"\.env cannot be read; it must be text in UTF-8"):
        env.insist()


def test_nothing_between_two_commas_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRON_CLASSES", ",a.B,, c.D ,")
    assert Environment().names("CRON_CLASSES", default=[]) == ["a.B", "c.D"]


def test_a_lock_backend_that_cannot_be_imported_is_a_warning(settings: Settings, db: None) -> None:
    settings.DJANGO_CRON_LOCK_BACKEND = "no_such_module.Lock"
    [found] = [message for message in run_checks() if message.id == "jobs.W010"]
    assert "DJANGO_CRON_LOCK_BACKEND 'no_such_module.Lock' cannot be used" in found.msg


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "it must begin with redis://"),
        ("memcached://host:11211", "it must begin with redis://"),
        ("redis://host:6379/0;http://other", "it must begin with redis://"),
        ("redis://", "it names no host"),
        ("redis://host:port/0", "its host or port cannot be read"),
        ("redis://:geh/eim@host", "its host or port cannot be read"),
        ("redis://geh/eim@host", "what stands behind its host is no number"),
        ("unix:", "it names no host"),
    ],
)
def test_a_cache_url_that_cannot_be_used_leaves_the_memory_and_its_password_is_not_said(url: str, words: str) -> None:
    config, problem = cache_of_url(url)
    assert config["BACKEND"].endswith("LocMemCache")
    assert problem.startswith(words)
    assert "eim" not in problem


@pytest.mark.parametrize(
    "url",
    ["redis://host", "rediss://me:secret@host:6380/2?ssl_cert_reqs=none", "unix:///run/redis?db=1", "redis://[::1]/"],
)
def test_a_cache_url_is_taken_as_it_is(url: str) -> None:
    config, problem = cache_of_url(url)
    assert (config["BACKEND"], config["LOCATION"]) == ("django.core.cache.backends.redis.RedisCache", url)
    assert problem == ""
    assert cache_of_url(f"{url},{url}")[1] == ""


def test_redis_without_its_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.bootstrap.find_spec", lambda name: None)
    assert "pip install --require-hashes -r requirements-scale" in cache_of_url("redis://host")[1]
    assert cache_of_url("")[1] == ""


def test_check_names_a_cache_url_that_is_nonsense_and_the_site_goes_on(manage: ManagePy) -> None:
    result = manage("check", CACHE_URL="nonsense")
    assert "(jobs.W011) CACHE_URL cannot be used: it must begin with redis://" in result.stderr
    assert manage("shell", "-c", USE_CACHE, CACHE_URL="nonsense").stdout.splitlines()[-1] == "kept"
