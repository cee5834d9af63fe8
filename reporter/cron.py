"""The job that sends reports."""

from __future__ import annotations

from django.utils import timezone
from django_cron import CronJobBase, Schedule


class ReportsNeedAttention(Exception):
    """Something needs a person. All that could be done is done and stored; the message says what was not."""


class SendDailyReportsCronJob(CronJobBase):
    """Finds the reports that are due, builds their editions and sends what is pending."""

    schedule = Schedule(run_every_mins=5)
    code = "reporter.send_daily_reports_job"
    # Seconds; a pass takes minutes. The default is a day: a dataset that hangs would hold up every report for so long.
    DJANGO_CRON_LOCK_TIME = 30 * 60

    def do(self) -> str:
        from reporter.publishing import publish  # where it runs, not where CRON_CLASSES is looked through

        summary = publish(timezone.now())
        if summary.needs_a_person:
            raise ReportsNeedAttention(summary.text())
        return summary.text()
