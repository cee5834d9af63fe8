"""What somebody receives, and why; and who is in which group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.jobs.control.rights import check, note
from backoffice.jobs.timetable import UNREADABLE
from reporter.audience import Reader
from reporter.control.permissions import CHANGE_GROUP
from reporter.control.rights import unseen
from reporter.models import Delivery, GroupSubscription, Recipient, RecipientGroup, Report, Subscription

# Deliveries that a recipient's page shows.
LATEST = 20

# Slots that are looked at for the next one that is wanted: a week of an hourly report.
MAX_SLOTS = 7 * 24


class NotAllowed(Exception):
    """What was asked for would give data to somebody by one who may not see it; the message says which."""


@dataclass(frozen=True)
class Received:
    """One report that a recipient gets, or has asked not to get."""

    report: Report
    reader: Reader
    next_at: datetime | None

    @property
    def own(self) -> Subscription | None:
        return self.reader.own

    @property
    def is_wanted(self) -> bool:
        return self.own is None or self.own.is_active

    @property
    def is_sent(self) -> bool:
        return self.is_wanted and self.report.is_enabled and self.reader.recipient.is_active


def received_by(recipient: Recipient, now: datetime) -> list[Received]:
    """What ``recipient`` gets, and why, by name of the report. Two queries."""
    own = {row.report_id: row for row in recipient.subscriptions.select_related("report")}
    reports = {key: row.report for key, row in own.items()}
    through: dict[int, list[GroupSubscription]] = {}
    groups = GroupSubscription.objects.active().filter(group__members=recipient).select_related("report", "group")
    for wish in groups:
        through.setdefault(wish.report_id, []).append(wish)
        reports[wish.report_id] = wish.report
    return [
        _received(report, Reader(recipient, own.get(key), through.get(key, [])))
        for key, report in sorted(reports.items(), key=lambda item: item[1].name)
    ]


def latest_deliveries(recipient: Recipient) -> list[Delivery]:
    rows = recipient.deliveries.select_related("edition__report").defer("edition__html", "edition__text")
    return list(rows.order_by("-pk")[:LATEST])


def _received(report: Report, reader: Reader) -> Received:
    received = Received(report, reader, None)
    if not received.is_sent or report.next_due_at is None:
        return received
    try:
        return Received(report, reader, _next(report, reader, report.next_due_at))
    except UNREADABLE:  # the report's own page says what is wrong with its timetable
        return received


def _next(report: Report, reader: Reader, first: datetime) -> datetime | None:
    zone = ZoneInfo(report.zone)
    slots = islice(report.timetable.upcoming(first - timedelta(microseconds=1)), MAX_SLOTS)
    wanted = (reader.due_at(slot.at.astimezone(zone).date(), report.zone, slot.at) for slot in slots)
    return next((moment for moment in wanted if moment), None)


# --- Groups ---------------------------------------------------------------------------------------------


def reports_of(groups: Iterable[RecipientGroup]) -> list[Report]:
    """The reports that whoever is in one of ``groups`` gets."""
    reports = Report.objects.filter(subscribed_groups__group__in=groups, subscribed_groups__is_active=True)
    return list(reports.distinct().prefetch_related("sections"))


def reports_to(recipient: Recipient) -> list[Report]:
    """The reports that go to ``recipient``, whatever way."""
    direct = Report.objects.filter(subscriptions__recipient=recipient, subscriptions__is_active=True)
    through = Report.objects.filter(subscribed_groups__group__members=recipient, subscribed_groups__is_active=True)
    return list((direct | through).distinct().prefetch_related("sections"))


def add_to_group(group: RecipientGroup, recipients: Iterable[Recipient], user: User) -> int:
    """Put ``recipients`` into ``group``; how many were not in it. Raises PermissionDenied, NotAllowed."""
    check(user, CHANGE_GROUP)
    if problem := unseen(user, reports_of([group])):
        raise NotAllowed(problem)
    with transaction.atomic():
        there = set(group.members.values_list("pk", flat=True))
        new = [recipient for recipient in recipients if recipient.pk not in there]
        group.members.add(*new)
        if new:
            note(user, group, _("Added: %(names)s") % {"names": _names(new)})
    return len(new)


def take_out_of_group(group: RecipientGroup, recipients: Iterable[Recipient], user: User) -> int:
    """Take ``recipients`` out of ``group``; how many were in it. Raises PermissionDenied."""
    check(user, CHANGE_GROUP)
    with transaction.atomic():
        there = set(group.members.values_list("pk", flat=True))
        leaving = [recipient for recipient in recipients if recipient.pk in there]
        group.members.remove(*leaving)
        if leaving:
            note(user, group, _("Taken out: %(names)s") % {"names": _names(leaving)})
    return len(leaving)


def _names(recipients: list[Recipient], shown: int = 10) -> str:
    names = ", ".join(str(recipient) for recipient in recipients[:shown])
    more = len(recipients) - shown
    return (
        names
        if more < 1
        else ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", more)
        % {
            "names": names,
            "count": more,
        }
    )
