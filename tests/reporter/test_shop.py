"""The demo's shop: the same on every machine, and going on selling."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.shop import DAYS, write_shop

TODAY = date(2026, 11, 24)


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_it_holds_sixty_days_up_to_today_the_same_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite3"
    assert write_shop(path, TODAY) == DAYS
    [(first, last, days)] = rows(path, "SELECT min(day), max(day), count(DISTINCT day) FROM orders")
    assert (first, last, days) == ((TODAY - timedelta(days=59)).isoformat(), "2026-11-24", 60)
    orders = repr(rows(path, "SELECT * FROM orders ORDER BY id"))
    assert hashlib.sha256(orders.encode()).hexdigest()[:16] == "4622704fca9c1dca"
    short = "SELECT count(*) FROM stock JOIN products p ON p.id = product_id WHERE pieces < reorder_below GROUP BY day"
    assert {count for (count,) in rows(path, short)} <= set(range(1, 9))


def test_a_later_day_adds_what_is_missing_and_changes_nothing_else(tmp_path: Path) -> None:
    path, other = tmp_path / "shop.sqlite3", tmp_path / "other.sqlite3"
    write_shop(path, TODAY)
    before = rows(path, "SELECT * FROM orders ORDER BY id")
    assert write_shop(path, TODAY) == 0
    assert write_shop(path, TODAY + timedelta(days=3)) == 3
    after = rows(path, "SELECT * FROM orders ORDER BY id")
    assert after[: len(before)] == before
    write_shop(other, TODAY + timedelta(days=3))
    assert rows(other, "SELECT * FROM orders ORDER BY id") == [
        row for row in after if row[1] > (TODAY - timedelta(days=57)).isoformat()
    ]


def test_a_write_that_breaks_off_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shop.sqlite3"
    monkeypatch.setattr("reporter.shop._in_stock", lambda product, day: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_shop(path, TODAY)
    assert rows(path, "SELECT count(*) FROM sqlite_master") == [(0,)]
    monkeypatch.undo()
    assert write_shop(path, TODAY) == DAYS
