"""Sending the editions of past days: after an outage, or for a report that is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from backoffice.jobs.timetable import Slot
from reporter import sending_job
from reporter.control.permissions import BACKFILL
from reporter.control.refusals import NothingToSend
from reporter.control.sending import what_is_missing
from reporter.models import Edition, Report, Why
from reporter.models.choices import VOID
from reporter.publishing import new_edition

# Editions that are made in one go, and how many days back they may lie.
MOST = 31
MOST_DAYS = 92


@dataclass(frozen=True)
class PastSlot:
    """A due moment of a past day. ``obstacle`` says why no edition is made for it; empty if one can be."""

    slot: Slot
    day: date
    obstacle: str = ""

    @property
    def shown(self) -> str:
        return self.slot.key.replace("T", " ")


def past_slots(report: Report, first: date, last: date, now: datetime) -> list[PastSlot]:
    """The due moments from ``first`` to ``last``, by the report's timetable as it is now; at most twice MOST."""
    report.refresh_from_db(fields=["next_due_at"])
    zone = report.timetable.tz
    last = min(last, now.astimezone(zone).date())
    start = datetime.combine(first, time.min, tzinfo=zone) - timedelta.resolution
    end = min(datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone), now)
    slots = list(takewhile(lambda slot: slot.at < end, report.timetable.upcoming(start)))[: 2 * MOST]
    had = {edition.slot: edition for edition in _editions(report).filter(slot__in=[slot.key for slot in slots])}
    by_hand = _editions(report).filter(why=Why.PERSON, local_date__range=(first, last)).exclude(state__in=VOID)
    days_by_hand = set(by_hand.values_list("local_date", flat=True))
    sent_otherwise = _days_of_former_timetables(report, slots, first, last)
    found = []
    for slot in slots:
        day = slot.day(zone)
        edition = had.get(slot.key)
        obstacle = _("It had its edition: %(state)s.") % {"state": edition.get_state_display()} if edition else ""
        if not edition and day in days_by_hand:
            obstacle = _("A person had it sent on that day.")
        elif not edition and slot.local_time is not None and day in sent_otherwise:
            obstacle = _("It had one on that day by the timetable that counted then.")
        if not obstacle and report.next_due_at and slot.at >= report.next_due_at:
            obstacle = _("The next pass makes it by itself.")
        found.append(PastSlot(slot, day, obstacle))
    return found


def _days_of_former_timetables(report: Report, slots: list[Slot], first: date, last: date) -> set[date]:
    """Days of which people got an edition at a moment that the timetable of now does not have: not twice."""
    by_timetable = _editions(report).filter(why__in=(Why.TIMETABLE, Why.BACKFILL), local_date__range=(first, last))
    keys = {slot.key for slot in slots}
    rows = by_timetable.exclude(state__in=VOID).values_list("local_date", "slot")
    return {day for day, key in rows if key not in keys}


def _editions(report: Report) -> QuerySet[Edition]:
    return Edition.objects.filter(report=report).for_readers().defer("html", "text")


def backfill(
    report: Report,
    keys: Iterable[str],
    user: User,
    reason: str,
    now: datetime,
    *,
    first: date,
    last: date,
    at_once: bool = True,
) -> list[Edition]:
    """Ask for the editions of the due moments ``keys`` between two days. A moment that had one gets no second.

    Without ``at_once`` they wait for the next run of the job that sends reports.
    Raises PermissionDenied, and NothingToSend where none can be made, or more than MOST are asked for.
    """
    check(user, BACKFILL)
    if missing := what_is_missing(report):
        raise NothingToSend(missing)
    wanted = set(keys)
    past = [entry for entry in past_slots(report, first, last, now) if entry.slot.key in wanted and not entry.obstacle]
    if not past:
        raise NothingToSend(_("None of these can be made: choose moments that had no edition."))
    if len(past) > MOST:
        raise NothingToSend(_("No more than %(count)d editions are made in one go.") % {"count": MOST})
    made = [edition for entry in past if (edition := _insert(report, entry, user, reason, now))]
    if made:
        text = _("Editions of past days: %(days)s. %(reason)s")
        note(user, report, text % {"days": ", ".join(str(row.slot) for row in made), "reason": reason})
        if at_once:
            sending_job.wake(user, now)
    return made


def _insert(report: Report, past: PastSlot, user: User, reason: str, now: datetime) -> Edition | None:
    edition = new_edition(
        report,
        past.day,
        now,
        why=Why.BACKFILL,
        slot=past.slot.key,
        due_at=past.slot.at,
        requested_by=user,
        reason=reason,
    )
    try:
        with transaction.atomic():
            edition.save()
    except IntegrityError:  # unique (report, slot): somebody was quicker
        return None
    return edition
