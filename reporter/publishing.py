"""One pass over the reports: what is due becomes an edition, is built, and is sent.

A plain function: called by the job, by the demo and by tests. It may end at any point, also by a kill; the
next pass goes on from what is stored.
"""

from __future__ import annotations

import logging
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from backoffice.jobs.timetable import UNREADABLE, Due
from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined
from reporter import holds, results, retention
from reporter.building import build_pending
from reporter.clock import Clock
from reporter.delivery import Sender
from reporter.messages import sender_problem
from reporter.models import Delivery, Edition, Report, Why
from reporter.periods import period_before
from reporter.summary import Summary
from reporter.transports import Transport, configured_transport

logger = logging.getLogger(__name__)

# Seconds that a pass may take; the job comes every five minutes, and what is left goes on then.
TIME_BUDGET = 240.0


def publish(now: datetime, *, budget: float = TIME_BUDGET, transport: Transport | None = None) -> Summary:
    """Everything that is due at ``now``, as far as ``budget`` seconds reach. Tells what was done."""
    clock, summary = Clock(now, budget), Summary()
    claim_due(now, summary)
    results.recover_stale(now, summary)
    holds.review(now, summary)
    if problem := _mail_problem():
        for _built in build_pending(clock, summary):
            pass
        summary.mail_problem, summary.put_off = problem, Delivery.objects.due(clock.now()).count()
        results.settle(clock.now(), summary)
    else:
        _build_and_send(transport or configured_transport(), clock, summary)
    retention.clean_up(now)
    return summary


def _build_and_send(transport: Transport, clock: Clock, summary: Summary) -> None:
    sender = Sender(transport, clock, summary)
    try:
        for _built in build_pending(clock, summary):
            sender.send_round()  # what is built is sent before the next, perhaps large one is built
        sender.send_all()
        if results.settle(clock.now(), summary):
            sender.send_all()  # what owners are told of it
            results.settle(clock.now(), summary)
        # Those of former passes, too: while something waits, a pass does not say that nothing was due.
        put_off = Delivery.objects.put_off(clock.now())
        summary.put_off = max(summary.put_off, put_off.count())
        summary.why_put_off = put_off.usual_reply() if summary.put_off else ""
    finally:
        transport.close()


def _mail_problem() -> str:
    """What in the settings keeps every mail from being sent. The deliveries wait until it is corrected."""
    if settings.MAIL_PROBLEM:
        text = _("EMAIL_URL cannot be used: %(problem)s. Nothing was sent; correct it, and all that waits goes out.")
        return text % {"problem": settings.MAIL_PROBLEM}
    if problem := sender_problem():
        text = _(
            "DEFAULT_FROM_EMAIL cannot be used: %(problem)s. Nothing was sent; correct it, and all that waits goes out."
        )
        return text % {"problem": problem}
    return ""


# --- What is due ----------------------------------------------------------------------------------------


def claim_due(now: datetime, summary: Summary) -> None:
    """Give each report that is due its edition. One indexed query when nothing is due."""
    for report in Report.objects.due(now):
        try:
            summary.claimed += claim(report, now)
        except UNREADABLE as error:  # what stands in its timetable is none; the others must go on
            logger.exception("%s: its timetable cannot be read", report)
            problem = _("its timetable cannot be read: %(reason)s") % {"reason": error}
            summary.troubles.append(joined(": ", [report, problem]))


def claim(report: Report, now: datetime) -> bool:
    """Move the report's timetable on and insert its edition, in one transaction.

    Slots that were missed while nothing ran become one edition, for the latest, which says so. False if
    another process was quicker, if the timetable was changed meanwhile, or if that slot has had its edition.
    Raises one of UNREADABLE for a timetable that cannot be read.
    """
    timetable = report.timetable
    due = timetable.due(report.next_due_at, now) if report.next_due_at else None
    # An interval goes on in its steps, however late this is.
    following = timetable.next_slot(max(due.latest.at, now), due.interval_at) if due else timetable.next_slot(now)
    with transaction.atomic():
        seen = Report.objects.filter(pk=report.pk, is_enabled=True, next_due_at=report.next_due_at).filter(
            timetable_data=report.timetable_data, zone=report.zone
        )
        if not seen.update(next_due_at=following.at if following else None) or due is None:
            return False
        return _insert(report, due, now)


def _insert(report: Report, due: Due, now: datetime) -> bool:
    key = due.latest.key
    try:
        with transaction.atomic():
            _edition_due(report, due, now, key).save()
    except IntegrityError:
        # A clock that was set back brings the same local time again: it had its edition. One of another zone, which
        # counted before, is another slot.
        had = Edition.objects.filter(report=report, slot=key).values_list("due_at", flat=True).first()
        if had is None or report.timetable.is_same_slot(due.latest, had):
            logger.info("%s: slot %s has had its edition already", report, key)
            return False
        return _insert_of_another_zone(report, due, now)
    return True


def _insert_of_another_zone(report: Report, due: Due, now: datetime) -> bool:
    key = report.timetable.key_of_another_zone(due.latest)
    if Edition.objects.filter(report=report, slot=key).exists():
        return False
    _edition_due(report, due, now, key).save()
    return True


def _edition_due(report: Report, due: Due, now: datetime, key: str) -> Edition:
    return new_edition(
        report,
        due.latest.day(report.timetable.tz),
        now,
        why=Why.TIMETABLE,
        slot=key,
        due_at=due.latest.at,
        slots_covered=due.count,
        covers_from=due.first.at,
    )


def new_edition(report: Report, day: date, now: datetime, **values: object) -> Edition:
    """An edition of ``report`` for the period before ``day``; not saved yet."""
    period = period_before(report.period, day, report.zone, report.period_days)
    return Edition(
        report=report,
        local_date=day,
        period_start=period.start,
        period_end=period.end,
        zone=report.zone,
        created_at=now,
        next_attempt_at=now,
        **values,
    )
