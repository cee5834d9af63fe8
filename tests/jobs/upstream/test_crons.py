"""The jobs that django_cron/tests.py names, with schedules that give its tests a meaning."""

from __future__ import annotations

from time import sleep

from django_cron import CronJobBase, Schedule


class TestSuccessCronJob(CronJobBase):
    code = "test_success"
    schedule = Schedule(run_every_mins=0)

    def do(self) -> None:
        return None


class TestErrorCronJob(CronJobBase):
    code = "test_error"
    schedule = Schedule(run_every_mins=0)

    def do(self) -> None:
        raise ValueError("this job always fails")


class Test5minsCronJob(CronJobBase):
    code = "test_5mins"
    schedule = Schedule(run_every_mins=5)

    def do(self) -> None:
        return None


class TestRunAtTimesCronJob(CronJobBase):
    code = "test_run_at_times"
    schedule = Schedule(run_at_times=["0:00", "0:05"])

    def do(self) -> None:
        return None


class Wait3secCronJob(CronJobBase):
    code = "test_wait_3sec"
    schedule = Schedule(run_every_mins=0)  # always due: only the lock keeps the second from running

    def do(self) -> None:
        sleep(3)


class RunOnWeekendCronJob(CronJobBase):
    code = "test_run_on_weekend"
    schedule = Schedule(run_every_mins=12 * 60, run_on_days=[5, 6])

    def do(self) -> None:
        return None


class RunOnMonthDaysCronJob(CronJobBase):
    code = "test_run_on_month_days"
    schedule = Schedule(run_every_mins=12 * 60, run_monthly_on_days=[1, 10, 20])

    def do(self) -> None:
        return None


class NoCodeCronJob(CronJobBase):
    schedule = Schedule(run_every_mins=0)

    def do(self) -> None:
        return None
