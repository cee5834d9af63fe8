"""Mails to the owner and the watchers of a report when something went wrong: once for each edition and reason.

A notice is stored as an edition of its own with a delivery to each of them, so it is sent, tried again and kept
as reports are, and is not lost while the mail server is down.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.jobs.told import anew
from reporter.audience import to_user
from reporter.models import Delivery, Edition, EditionState, Why

# What happened: the beginning of the key under which a notice is sent once.
FAILED = "failed"
HELD = "held"
GIVEN_UP = "given-up"  # held for too long


def tell(edition: Edition, what: str, reason: str, now: datetime) -> bool:
    """Write the notice; the next round of sending takes it along. False if they were told, or nobody is to be."""
    if edition.is_for_users:
        return False
    people = people_of(edition)
    notice = _notice(edition, what, reason, now)
    if not people:
        return False
    try:
        with transaction.atomic():
            notice.save()
            Delivery.objects.bulk_create(to_user(notice, person, now) for person in people)
    except IntegrityError:  # unique (report, slot): they have been told
        return False
    return True


def people_of(edition: Edition) -> list[User]:
    """The owner and the watchers who are there and have an address, each address once."""
    report = edition.report
    everyone = [*([report.owner] if report.owner else []), *report.watchers.order_by("pk")]
    by_address = {user.email.lower(): user for user in reversed(everyone) if user.is_active and user.email}
    return list(reversed(by_address.values()))


def _notice(edition: Edition, what: str, reason: str, now: datetime) -> Edition:
    report = edition.report
    with translation.override(report.language):
        values = {"report": report.name, "date": date_format(edition.local_date, "DATE_FORMAT")}
        subject = _("Not sent as it should be: %(report)s, %(date)s") % values
        if what == HELD:
            subject = _("Held: %(report)s, %(date)s") % values
        # The address is written out: to look it up would load the whole admin in each tick.
        context = {
            "subject": subject,
            "reason": anew(reason),
            "is_held": what == HELD,
            "link": f"{settings.SITE_URL}/admin/reporter/edition/{edition.pk}/change/",
        }
        html = render_to_string("reporter/notice.html", context)
        text = render_to_string("reporter/notice.txt", context)
    return Edition(
        report=report,
        state=EditionState.BUILT,
        why=Why.NOTICE,
        slot=f"{what}-{edition.pk}",
        original=edition,
        subject=subject,
        html=html,
        text=text.strip() + "\n",
        due_at=now,
        created_at=now,
        built_at=now,
        next_attempt_at=now,
        local_date=edition.local_date,
        period_start=edition.period_start,
        period_end=edition.period_end,
        zone=edition.zone,
    )
