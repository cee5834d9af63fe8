"""The databases that reports read: named in the environment, each on its own, and without a word of their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from backoffice.environment import Environment
from backoffice.report_databases import ReportDatabase, parse_database, report_databases
from tests.conftest import ManagePy

WRONG = [
    ("oracle://me:s3cret@host/x", "must begin with postgres://"),
    ("s3cret", "must begin with postgres://"),
    ("postgres://me:s3cret@host:port/x", "host or port cannot be read"),
    ("postgres://me:s3#cret@host/x", "percent-encoded"),
    ("mysql://me:s3cret@host", "must be like mysql://user"),
    ("mysql://me:s3cret@host/x?password=s3cret", "an option that is not known; there are ssl_ca"),
    ("postgres://me:s3cret@host/x?zone=Mars/Olympus", "its zone is not known"),
    ("sqlite://s3cret", "must be like sqlite:////"),
    ("sqlite:///", "must be like sqlite:////"),
]


def test_what_urls_say(tmp_path: Path) -> None:
    read = parse_database("HR", "postgresql://re%40der:p%2Fw@db.example:5433/h%20r?sslmode=require", tmp_path)
    assert (read.kind, read.host, read.port, read.user) == ("postgresql", "db.example", 5433, "re@der")
    assert (read.password, read.database, read.options, read.zone) == ("p/w", "h r", {"sslmode": "require"}, "UTC")
    read = parse_database("SHOP", "mariadb://me@db/shop?zone=Asia/Shanghai", tmp_path)
    assert (read.kind, read.port, read.password, read.zone) == ("mysql", 3306, "", "Asia/Shanghai")
    assert parse_database("A", "sqlite:////data/a.sqlite3", tmp_path).database == "/data/a.sqlite3"
    assert parse_database("A", "sqlite:///a.sqlite3", tmp_path).database == str(tmp_path / "a.sqlite3")


@pytest.mark.parametrize(("url", "words"), WRONG)
def test_what_cannot_be_read_is_said_without_its_secrets(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words) as error:
        parse_database("X", url, tmp_path)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_wrong_one_stops_no_other_and_the_check_names_it(manage: ManagePy) -> None:
    result = manage("check", REPORT_DB_HR="oracle://me:s3cret@host/x", REPORT_DB_SHOP="mysql://me:s3cret@host/shop")
    assert "(reporter.W010) REPORT_DB_HR cannot be used" in result.stderr
    assert "REPORT_DB_SHOP" not in result.stderr
    assert "s3cret" not in result.stderr + result.stdout
    shown = manage(
        "shell", "-v0", "-c", "from django.conf import settings as s; print(s.REPORT_DATABASES)",
        REPORT_DB_CRM="mysql://me:s3cret@host/shop",
    )  # fmt: skip
    assert "CRM" in shown.stdout
    assert "s3cret" not in shown.stdout


def test_they_may_stand_in_the_file_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("REPORT_DB_A=sqlite:////a\nREPORT_DB_B=sqlite:////b\n")
    monkeypatch.setenv("REPORT_DB_B", "sqlite:////other")
    env = Environment(tmp_path / ".env")
    assert env.beginning_with("REPORT_DB_") == {"REPORT_DB_A": "sqlite:////a", "REPORT_DB_B": "sqlite:////other"}


def test_the_demos_shop_is_connected_while_its_file_is_there_unless_something_else_is_named(tmp_path: Path) -> None:
    shop = report_databases({}, tmp_path, tmp_path)[0]["SHOP"]
    assert not shop.is_there
    Path(shop.database).touch()
    assert shop.is_there
    assert report_databases({"REPORT_DB_SHOP": ""}, tmp_path, tmp_path) == ({}, {})
    named = report_databases({"REPORT_DB_SHOP": "sqlite:////x"}, tmp_path, tmp_path)[0]["SHOP"]
    assert named == ReportDatabase("SHOP", "sqlite", database="/x")
    found, problems = report_databases({"REPORT_DB_SHOP": "nothing"}, tmp_path, tmp_path)
    assert (found, list(problems)) == ({}, ["REPORT_DB_SHOP"])
