"""Every job that ran has its log, whatever its message holds; and the queries that people know go on working."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice.jobs.executors.base import EXECUTORS
from tests import migrated
from tests.jobs import contract_jobs
from tests.jobs.contract_jobs import MESSAGES
from tests.jobs.installation import Installation

FAILURES = {"RaisesWithNul": "raises_with_nul", "RaisesUnprintable": "raises_unprintable"}

KEPT = {
    "nothing": "",
    "text": "sent 3 mails\n",
    "nul": "a\\x00b\n",
    "lone_surrogate": "a\\ud800b\n",
    "not_ascii": "发送了 3 封邮件 ✔\n",
    "bytes": "\\xff\\xfe sent\n",
    "list": "one\ntwo\n",
    "dict": "{'sent': 3}\n",
    "int": "42\n",
    "unprintable": "[Unprintable that cannot be shown: RuntimeError]\n",
    "unprintable_text": "text\n",
    "list_of_unprintable": "[Unprintable that cannot be shown: RuntimeError]\ntwo\n",
}


@pytest.fixture(
    scope="module",
    params=[(kind, database) for kind in sorted(EXECUTORS) for database in ("sqlite", "postgresql")],
    ids="-".join,
)
def ticked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """After one tick in which jobs returned all that they should not."""
    executor, database = request.param
    names = [f"Returns_{name}" for name in MESSAGES] + list(FAILURES)
    paths = [f"{contract_jobs.MODULE}.{name}" for name in names]
    folder = tmp_path_factory.mktemp("messages")
    if database == "sqlite":
        office = Installation(folder, *paths, JOBS_EXECUTOR=executor)
        office.manage("runcrons")
        yield office
        return
    with migrated.postgres_copy() as url:
        office = Installation(folder, *paths, database_url=url, JOBS_EXECUTOR=executor)
        office.manage("runcrons")
        yield office


def test_each_job_that_ran_has_its_log(ticked: Installation) -> None:
    rows = ticked.rows("SELECT code, is_success FROM django_cron_cronjoblog ORDER BY code")
    succeeded = {row["code"] for row in rows if row["is_success"]}
    assert succeeded == {f"returns_{name}" for name in MESSAGES}
    assert {row["code"] for row in rows if not row["is_success"]} == set(FAILURES.values())
    assert len(rows) == len(MESSAGES) + len(FAILURES)


def test_what_can_be_stored_of_a_message_is(ticked: Installation) -> None:
    assert {name: ticked.logs(f"returns_{name}")[0]["message"] for name in KEPT} == KEPT
    assert ticked.logs("returns_generator")[0]["message"].startswith("<generator object")


def test_a_huge_message_keeps_its_beginning_and_its_end(ticked: Installation) -> None:
    message = ticked.logs("returns_huge")[0]["message"]
    assert message.startswith("xxxxxxxx")
    assert message.endswith("xxxxxxxx\n")
    assert "[… 5000050 characters left out …]" in message
    assert ticked.runs("returns_huge")[0]["summary"].endswith("x…")


def test_a_traceback_is_stored_whatever_it_holds(ticked: Installation) -> None:
    assert "ValueError: a\\x00b\\ud800c" in ticked.logs("raises_with_nul")[0]["message"]
    assert "in do" in ticked.logs("raises_unprintable")[0]["message"]
    assert "UnprintableError" in ticked.runs("raises_unprintable")[0]["summary"]


# --- The queries people know ----------------------------------------------------------------------------


@pytest.fixture
def logs(db: None) -> None:
    now = timezone.now()
    CronJobLog.objects.bulk_create(
        CronJobLog(
            code=("reporter.send_daily_reports_job", "other.job")[n % 2],
            start_time=now - timedelta(minutes=n),
            end_time=now - timedelta(minutes=n) + timedelta(seconds=5),
            is_success=n % 3 != 0,
            message=f"number {n}",
        )
        for n in range(40)
    )


@pytest.mark.usefixtures("logs")
def test_the_latest_ten_logs_can_be_asked_for() -> None:
    latest = CronJobLog.objects.order_by("-start_time")[:10]
    assert [log.message for log in latest] == [f"number {n}" for n in range(10)]
    assert CronJobLog.objects.latest("start_time").message == "number 0"


@pytest.mark.usefixtures("logs")
def test_the_logs_of_a_job_and_its_failures_can_be_asked_for() -> None:
    mine = CronJobLog.objects.filter(code="reporter.send_daily_reports_job")
    assert mine.count() == 20
    failed = mine.filter(is_success=False).order_by("-start_time")
    assert [log.message for log in failed][:3] == ["number 0", "number 6", "number 12"]
    assert str(failed[0]) == "reporter.send_daily_reports_job (Fail)"
    assert mine.order_by("-start_time")[0].end_time - mine.order_by("-start_time")[0].start_time == timedelta(seconds=5)
