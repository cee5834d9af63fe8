"""Looking at a report before it goes: a preview that nothing is stored of, and a test to oneself."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from backoffice.jobs.told import anew
from reporter import sending_job
from reporter.audience import copies_of, new_message_id
from reporter.building import Built, build, reason_of
from reporter.control.permissions import PREVIEW, TEST
from reporter.control.refusals import AlreadyAskedFor, NothingToSend
from reporter.control.rights import check_sight
from reporter.messages import message_for
from reporter.models import Delivery, Edition, Recipient, Report, Why
from reporter.models.choices import UNBUILT
from reporter.publishing import new_edition
from reporter.rendering.pictures import with_pictures

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preview:
    """An edition as it would be sent to one recipient. Where it cannot be built, ``problem`` says why."""

    subject: str = ""
    html: str = ""
    text: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)
    period: str = ""
    to: str = ""
    copies: str = ""
    reply_to: str = ""
    mail: bytes = b""  # all of it, as a mail program opens it
    problem: str = ""


def preview(report: Report, day: date, recipient: Recipient | None, user: User, now: datetime) -> Preview:
    """``report`` as it would be sent on ``day``; nothing is stored. Raises PermissionDenied.

    The same code builds it that builds editions. What a dataset raises is said in the preview's ``problem``.
    """
    check(user, PREVIEW)
    check_sight(user, report)
    try:
        edition = new_edition(report, day, now, why=Why.TIMETABLE, due_at=now)
        built = build(edition)
    except Exception as error:
        logger.info("A preview of %s cannot be built", report, exc_info=True)
        return Preview(problem=_("It could not be built: %(reason)s") % {"reason": anew(reason_of(error))})
    edition.subject, edition.html, edition.text = built.mail.subject, built.mail.html, built.mail.text
    edition.reply_to = report.reply_to
    edition.copies = copies_of(edition, now)
    return Preview(
        subject=edition.subject,
        html=with_pictures(edition.html, built.pictures),
        text=edition.text,
        files=list(built.files),
        period=edition.told_period.label,
        to=str(recipient) if recipient else "",
        copies=", ".join(f"{name} <{address}>" for name, address in edition.copies),
        reply_to=edition.reply_to,
        mail=_mail(edition, recipient, built, now) if recipient else b"",
        problem=built.problem,
    )


def _mail(edition: Edition, recipient: Recipient, built: Built, now: datetime) -> bytes:
    delivery = Delivery(
        edition=edition,
        recipient=recipient,
        name=recipient.name,
        address=recipient.address,
        is_copy=recipient.address in [address for _name, address in edition.copies],
        message_id=new_message_id(edition),
    )
    return message_for(delivery, built.attachments(), now).content


def send_test(report: Report, day: date, user: User, now: datetime) -> Edition:
    """Send ``report``, as it would be on ``day``, to ``user``'s own address and nobody else, marked as a test.

    Raises PermissionDenied, NothingToSend where there is no address or no section, and AlreadyAskedFor.
    """
    check(user, TEST)
    check_sight(user, report)
    try:
        validate_email(user.email)
    except ValidationError:
        text = _("You have no e-mail address here to send a test to. Somebody who may change users can enter it.")
        raise NothingToSend(text) from None
    if not report.sections.exists():
        raise NothingToSend(_("“%(report)s” has no sections: nothing will be sent.") % {"report": report})
    edition = new_edition(report, day, now, why=Why.TEST, due_at=now, requested_by=user)
    try:
        with transaction.atomic():
            edition.save()
            note(user, report, _("Test to %(address)s.") % {"address": user.email})
    except IntegrityError as error:
        if not Edition.objects.filter(report=report, requested_by=user, why=Why.TEST, state__in=UNBUILT).exists():
            raise
        raise AlreadyAskedFor(_("Your last test of this report has not been sent yet.")) from error
    sending_job.wake(user, now)
    return edition


def default_day(report: Report, now: datetime) -> date:
    """Today by the clock of the report."""
    return now.astimezone(report.timetable.tz).date()
