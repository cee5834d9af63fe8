"""Editions that are kept back: for want of an owner's rights, by a person, or until somebody approves them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined
from reporter import notices, owners
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Hold
from reporter.models.choices import UNFINISHED
from reporter.summary import Summary

logger = logging.getLogger(__name__)

# What is held for longer is of no use any more, and skipped. People may have a long week-end in between.
LONGEST = {Hold.OWNER: timedelta(days=2), Hold.PERSON: timedelta(days=7), Hold.APPROVAL: timedelta(days=7)}


def may_go_on(edition: Edition, now: datetime, summary: Summary) -> bool:
    """Whether ``edition`` may be built or sent by the rights of its report's owner. If not, it is held from now on,
    and owner and watchers are told, once."""
    if edition.is_for_users or not (reason := owners.why_not(edition.report)):
        return True
    free = Edition.objects.filter(pk=edition.pk, hold="", state__in=UNFINISHED)
    if free.update(hold=Hold.OWNER, hold_reason=reason, held_at=now):
        logger.warning("%s is held: %s", edition, reason)
        summary.troubles.append(_("%(edition)s is held: %(reason)s") % {"edition": edition, "reason": reason})
        notices.tell(edition, notices.HELD, reason, now)
    return False


def review(now: datetime, summary: Summary) -> None:
    """Let go what was put right since, and skip what was held for too long. A query for each held edition."""
    for edition in Edition.objects.held().select_related("report__owner").defer("html", "text"):
        if edition.hold == Hold.OWNER and not owners.why_not(edition.report):
            release(edition, Hold.OWNER)
        elif (edition.held_at or edition.created_at) <= now - LONGEST[Hold(edition.hold)]:
            _give_up(edition, now, summary)


def release(edition: Edition, hold: str) -> bool:
    """Let an edition go that is held for the reason ``hold``. False if somebody was quicker."""
    held = Edition.objects.filter(pk=edition.pk, hold=hold, state__in=UNFINISHED)
    return bool(held.update(hold="", hold_reason="", held_at=None))


def _give_up(edition: Edition, now: datetime, summary: Summary) -> None:
    reason = _("Skipped: it was held for %(days)d days. %(reason)s") % {
        "days": LONGEST[Hold(edition.hold)].days,
        "reason": edition.hold_reason,
    }
    with transaction.atomic():
        mine = Edition.objects.filter(pk=edition.pk, hold=edition.hold)
        skipped = {"hold": "", "outcome": reason, "finished_at": now}
        builder_died = mine.filter(claimed_until__lte=now)
        if mine.change(EditionState.PENDING, EditionState.SKIPPED, **skipped) or builder_died.change(
            EditionState.BUILDING, EditionState.SKIPPED, **skipped
        ):
            _tell(edition, reason, now, summary)
            return
        if not mine.exclude(state=EditionState.BUILDING).update(hold="", hold_reason=""):
            return
        waiting = Delivery.objects.filter(edition=edition)
        # Where others have been sent it, it is not "sent" without these: they can be sent it later, by a person.
        state = DeliveryState.FAILED if edition.state == EditionState.SENDING else DeliveryState.SKIPPED
        waiting.change(DeliveryState.PENDING, state, server_reply=reason, claimed_by=None)
        if Edition.objects.filter(pk=edition.pk).change(EditionState.BUILT, EditionState.SENDING):
            _tell(edition, reason, now, summary)
        else:
            summary.troubles.append(joined(": ", [edition, reason]))


def _tell(edition: Edition, reason: str, now: datetime, summary: Summary) -> None:
    """Owner and watchers, too: that it was held they may have known, or not; that it is lost they would not."""
    summary.troubles.append(joined(": ", [edition, reason]))
    notices.tell(edition, notices.GIVEN_UP, reason, now)
