"""Sending a report by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from reporter import owners, sending_job
from reporter.control.permissions import SEND
from reporter.control.refusals import AlreadyAskedFor, NothingToSend
from reporter.models import Edition, Recipient, Report, Why
from reporter.models.choices import UNBUILT, UNFINISHED
from reporter.models.validators import validate_zone
from reporter.publishing import new_edition


def send_now(report: Report, user: User, reason: str, now: datetime | None = None) -> Edition:
    """Ask for an edition of ``report`` at once, to all its subscribers; the next tick builds and sends it.

    The edition is kept even while the job that sends it is not run: ``why_nothing_is_sent`` tells. Raises
    PermissionDenied, NothingToSend, and AlreadyAskedFor while one that a person asked for is not finished.
    """
    check(user, SEND)
    if missing := what_is_missing(report):
        raise NothingToSend(missing)
    now = now or timezone.now()
    edition = new_edition(
        report,
        now.astimezone(ZoneInfo(report.zone)).date(),
        now,
        why=Why.PERSON,
        due_at=now,
        requested_by=user,
        reason=reason,
    )
    try:
        with transaction.atomic():
            Report.objects.select_for_update().get(pk=report.pk)  # one after another: what was asked for may be built
            if Edition.objects.filter(report=report, why=Why.PERSON, state__in=UNFINISHED).exists():
                raise _asked_for(report)
            edition.save()
            text = _("Send now: edition %(edition)d. %(reason)s")
            note(user, report, text % {"edition": edition.pk, "reason": reason})
    except IntegrityError as error:
        if not Edition.objects.filter(report=report, why=Why.PERSON, state__in=UNBUILT).exists():
            raise
        raise _asked_for(report) from error  # by two people in the same moment
    sending_job.wake(user, now)
    return edition


def _asked_for(report: Report) -> AlreadyAskedFor:
    text = _("“%(report)s” has been asked for already, and is not finished: it is not sent a second time.")
    return AlreadyAskedFor(text % {"report": report})


def what_is_missing(report: Report, readers: int | None = None) -> str:
    """Why an edition of ``report`` would hold nothing, or reach nobody; empty if it has all that it needs.

    ``readers``: how many get it, where that is known already. Sections are not read where they are prefetched.
    """
    if not report.sections.all():
        return _("“%(report)s” has no sections: nothing will be sent.") % {"report": report}
    if not (Recipient.objects.receiving(report).exists() if readers is None else readers):
        return _("“%(report)s” has no subscribers: nothing will be sent.") % {"report": report}
    try:
        validate_zone(report.zone)
    except ValidationError as error:
        return " ".join(error.messages)
    return owners.why_not(report)
