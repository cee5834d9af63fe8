"""Django's log in DATA_DIR/logs: a file a day, and a full disk costs a line and no more."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine

from backoffice.logfiles import DailyFileHandler, ShortRefusals, logging_config

full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[DailyFileHandler]:
    handler = DailyFileHandler(tmp_path / "logs")
    handler.setFormatter(logging.Formatter("%(message)s"))
    yield handler
    handler.close()


def say(handler: logging.Handler, text: str, *arguments: object) -> None:
    handler.handle(logging.LogRecord("backoffice", logging.INFO, __file__, 1, text, arguments, None))


def test_lines_go_into_a_file_named_after_the_day(handler: DailyFileHandler, tmp_path: Path) -> None:
    say(handler, "发送 ✔ %s", "\ud800")
    name = f"{datetime.now().date().isoformat()}.log"
    assert (tmp_path / "logs" / name).read_text(encoding="utf-8") == "发送 ✔ \\ud800\n"


@pytest.mark.parametrize("name", ["", "django", "django_cron", "backoffice", "reporter"])
def test_what_anybody_logs_goes_to_the_console_and_to_the_file(name: str, tmp_path: Path) -> None:
    config = logging_config(tmp_path, logging.INFO)
    logger = config["loggers"][name] if name else config["root"]
    assert logger["handlers"] == ["console", "file"]


def test_a_new_day_begins_a_new_file(tmp_path: Path) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12), tick=False) as clock:
        handler = DailyFileHandler(tmp_path)
        say(handler, "yesterday")
        clock.move_to(datetime(2026, 3, 2, 12))
        say(handler, "today")
        handler.close()
    assert {path.name: path.read_text().split()[-1] for path in tmp_path.iterdir()} == {
        "2026-03-01.log": "yesterday",
        "2026-03-02.log": "today",
    }


@full_device
def test_a_full_disk_is_said_once_and_stops_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12), tick=False) as clock:
        (tmp_path / "2026-03-01.log").symlink_to("/dev/full")
        handler = DailyFileHandler(tmp_path)
        say(handler, "lost")
        say(handler, "lost, too")
        assert capsys.readouterr().err.count("cannot be written: [Errno 28] No space left") == 1
        clock.move_to(datetime(2026, 3, 2, 12))
        say(handler, "there is room again")
        handler.close()
    assert "there is room again" in (tmp_path / "2026-03-02.log").read_text()


@full_device
def test_a_full_disk_under_stderr_stops_nobody_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    (tmp_path / "logs").write_text("a file where the folder should be")
    handler = DailyFileHandler(tmp_path / "logs")
    monkeypatch.setattr("sys.stderr", Full())
    say(handler, "lost")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    say(DailyFileHandler(tmp_path / "logs"), "lost")
    assert "cannot be written" in capsys.readouterr().err


def test_a_mistake_in_a_log_call_is_not_called_a_full_disk(
    handler: DailyFileHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    say(handler, "%d rows", "many")
    shown = capsys.readouterr().err
    assert "cannot be written" not in shown
    assert "Logging error" in shown


def test_a_page_that_somebody_may_not_open_is_a_line_without_a_traceback(tmp_path: Path) -> None:
    config = logging_config(tmp_path, logging.INFO)
    assert config["loggers"]["django.request"]["filters"] == ["refusals"]
    error = PermissionError("no")
    refused, failed = (
        logging.makeLogRecord({"status_code": code, "exc_info": (type(error), error, None)}) for code in (403, 500)
    )
    assert ShortRefusals().filter(refused)
    assert ShortRefusals().filter(failed)
    assert refused.exc_info is None
    assert failed.exc_info
