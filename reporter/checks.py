"""What ``manage.py check`` says of reports: warnings, since a mail that cannot be sent must not stop a tick."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError

from reporter.messages import sender_problem
from reporter.sending_job import JOB, listed_codes

# Addresses that a warning names.
NAMED = 10


@register()
def check_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.MAIL_PROBLEM:
        return []
    return [
        Warning(
            f"EMAIL_URL cannot be used: {settings.MAIL_PROBLEM}. Reports are built, but nothing is sent.",
            hint="Write it like smtp://user:password@mail.example.com:587/?tls=true, or leave it empty: "
            "then mails are written as files into the outbox.",
            id="reporter.W001",
        )
    ]


@register()
def check_sender(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problem = sender_problem()
    if not problem:
        return []
    return [
        Warning(
            f"DEFAULT_FROM_EMAIL cannot be used: {problem}. Reports are built, but nothing is sent.",
            hint="Write it like Reports <reports@example.com>; what waits is sent then.",
            id="reporter.W003",
        )
    ]


@register()
def check_databases(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each that cannot be read; its URL is not repeated, since it may hold a password."""
    return [
        Warning(
            f"{setting} cannot be used: {problem}. Reports that read this database fail; the others go on.",
            hint="Write it like postgres://user:password@host/name, mysql://… or sqlite:////folder/file.sqlite3.",
            id="reporter.W010",
        )
        for setting, problem in settings.REPORT_DATABASE_PROBLEMS.items()
    ]


@register()
def check_job(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The job that sends reports, also where CRON_CLASSES was set to one's own jobs alone."""
    if JOB in settings.CRON_CLASSES or listed_codes():  # one that cannot be imported has a warning of its own
        return []
    return [
        Warning(
            f"CRON_CLASSES does not name {JOB}. No report is built, and nothing is sent.",
            hint=f"Add it to CRON_CLASSES: CRON_CLASSES={','.join([JOB, *map(str, settings.CRON_CLASSES)])}",
            id="reporter.W002",
        )
    ]


@register()
def check_domains(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Recipients from before the domains were set; nothing is read where all are allowed."""
    if not settings.REPORT_ALLOWED_DOMAINS:
        return []
    from reporter.models import Recipient
    from reporter.models.validators import domain_problem

    try:
        addresses = Recipient.objects.filter(is_active=True).values_list("address", flat=True)
        outside = [address for address in addresses if domain_problem(address)]
    except DatabaseError:  # not migrated yet, or not reachable: others say so
        return []
    if not outside:
        return []
    named = ", ".join(outside[:NAMED]) + (f" and {len(outside) - NAMED} more" if len(outside) > NAMED else "")
    return [
        Warning(
            f"REPORT_ALLOWED_DOMAINS leaves out {len(outside)} active recipients: {named}. They are sent nothing.",
            hint="Switch them off, correct their addresses, or add their domains to REPORT_ALLOWED_DOMAINS.",
            id="reporter.W020",
        )
    ]
