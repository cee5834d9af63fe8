"""A database in which an older Django, with stock django-cron, has worked is taken over as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.jobs.installation import Installation

JOB = "reporter.send_daily_reports_job"  # every five minutes

# As Django 4.2 made it: the composite indexes have names that today's Django would not give them.
TABLES = """
CREATE TABLE django_migrations (
  id integer NOT NULL PRIMARY KEY AUTOINCREMENT, app varchar(255) NOT NULL, name varchar(255) NOT NULL,
  applied datetime NOT NULL);
INSERT INTO django_migrations (app, name, applied) VALUES
  ('django_cron', '0001_initial', '2024-01-01 00:00:00'),
  ('django_cron', '0002_remove_max_length_from_CronJobLog_message', '2024-01-01 00:00:00'),
  ('django_cron', '0003_cronjoblock', '2024-01-01 00:00:00');
CREATE TABLE django_cron_cronjoblog (
  id integer NOT NULL PRIMARY KEY AUTOINCREMENT, code varchar(64) NOT NULL, start_time datetime NOT NULL,
  end_time datetime NOT NULL, is_success bool NOT NULL, ran_at_time time NULL, message text NOT NULL);
CREATE INDEX django_cron_cronjoblog_code_is_success_ran_at_time_84da9606_idx
  ON django_cron_cronjoblog (code, is_success, ran_at_time);
CREATE INDEX django_cron_cronjoblog_code_start_time_ran_at_time_8b50b8fa_idx
  ON django_cron_cronjoblog (code, start_time, ran_at_time);
CREATE INDEX django_cron_cronjoblog_code_start_time_4fc78f9d_idx ON django_cron_cronjoblog (code, start_time);
CREATE TABLE django_cron_cronjoblock (
  id integer NOT NULL PRIMARY KEY AUTOINCREMENT, job_name varchar(200) NOT NULL UNIQUE, locked bool NOT NULL);
"""


def test_a_database_that_an_older_django_made_needs_nothing(tmp_path: Path) -> None:
    began = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
    office = Installation(tmp_path, "reporter.cron.SendDailyReportsCronJob")
    with closing(sqlite3.connect(office.data / "old.sqlite3")) as connection, connection:
        connection.executescript(TABLES)
        columns = "code, start_time, end_time, is_success, message"
        values = [JOB, str(began), str(began)]
        connection.execute(f"INSERT INTO django_cron_cronjoblog ({columns}) VALUES (?, ?, ?, 1, '')", values)
    (office.data / "old.sqlite3").replace(office.data / "db.sqlite3")

    office.manage("migrate", "-v0")
    assert f"[ ] {JOB}" in office.manage("runcrons").stdout  # counted from stock's last run
    office.manage("runcrons", JOB, "--force")
    assert [bool(log["is_success"]) for log in office.logs(JOB)] == [True, True]
