"""What became of deliveries, and what follows from it for their editions. Each is a conditional UPDATE."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils import translation

from backoffice.jobs.told import anew, joined
from backoffice.jobs.told import gettext as _
from reporter import notices
from reporter.models import Delivery, DeliveryState, Edition, EditionState
from reporter.summary import Summary
from reporter.transports import Result, Verdict

# Pauses between attempts; after the last one a delivery has failed. A little less than the job's five minutes
# and their multiples, so that the tick at that moment is not just missed.
RETRY_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (4, 14, 59, 239))
MAX_ATTEMPTS = len(RETRY_PAUSES) + 1

# While the server is down, no delivery's attempts are used up.
SERVER_DOWN_PAUSE = timedelta(minutes=4)

# A report of the day is of no use any more when it is this late; it has been put off again and again by then.
GIVE_UP_AFTER = timedelta(days=2)

# Deliveries that a notice tells of.
NAMED = 10

FREE = {"claimed_by": None, "claimed_until": None}


def record(row: Delivery, result: Result, now: datetime) -> DeliveryState | None:
    """Write what became of a delivery that was being sent; its new state. None, and nothing written, if the
    claim was lost."""
    mine = Delivery.objects.filter(pk=row.pk, claimed_by=row.claimed_by)
    state, values = _follows(row, result, now)
    common = {"server_reply": result.reply, "content_hash": row.content_hash}
    return state if mine.change(DeliveryState.SENDING, state, **FREE, **common, **values) else None


def _follows(row: Delivery, result: Result, now: datetime) -> tuple[DeliveryState, dict[str, Any]]:
    was_tried_before = bool(row.server_reply)  # as it was read when it was claimed
    is_too_late = was_tried_before and row.due_at <= now - GIVE_UP_AFTER
    match result.verdict:
        case Verdict.TAKEN:
            return DeliveryState.SENT, {"sent_at": now}
        case Verdict.UNKNOWN:
            return DeliveryState.UNKNOWN, {}
        case Verdict.BLOCKED if not is_too_late:
            values = {"attempts": F("attempts") - 1, "next_attempt_at": now + SERVER_DOWN_PAUSE}
            return DeliveryState.PENDING, values
        case Verdict.LATER if row.attempts < MAX_ATTEMPTS and not is_too_late:
            return DeliveryState.PENDING, {"next_attempt_at": now + RETRY_PAUSES[row.attempts - 1]}
        case _:
            return DeliveryState.FAILED, {}


def tell(row: Delivery, state: DeliveryState, result: Result, summary: Summary) -> None:
    """Count what ``record`` wrote."""
    said = joined(": ", [row.address, result.reply])
    match state:
        case DeliveryState.SENT:
            if row.edition.is_for_users:
                summary.to_users += 1
            else:
                summary.sent += 1
                summary.readers.add(row.address.lower())
                summary.sent_editions.add(row.edition_id)
        case DeliveryState.UNKNOWN:
            summary.unknown.append(said)
        case DeliveryState.PENDING:
            summary.put_off += 1
        case _:
            summary.failed.append(said)


def put_off_all(token: uuid.UUID, reason: str, now: datetime) -> int:
    """Nothing can be sent: what is due waits a while, what is far too late has failed. Returns how many wait."""
    free = Delivery.objects.due(now).not_held()
    due = Delivery.objects.filter(Q(claimed_by=token) | Q(pk__in=free.values("pk")))
    too_late = due.filter(due_at__lte=now - GIVE_UP_AFTER).exclude(server_reply="")
    reply = _("Given up after %(days)d days: %(reason)s") % {"days": GIVE_UP_AFTER.days, "reason": reason}
    keys = list(too_late.filter(state=DeliveryState.PENDING).values_list("pk", "edition"))
    Edition.objects.filter(pk__in={edition for _pk, edition in keys}).change(EditionState.BUILT, EditionState.SENDING)
    too_late.change(DeliveryState.PENDING, DeliveryState.FAILED, server_reply=reply, **FREE)
    return due.filter(state=DeliveryState.PENDING).update(
        next_attempt_at=now + SERVER_DOWN_PAUSE, server_reply=reason, **FREE
    )


def recover_stale(now: datetime, summary: Summary) -> None:
    """Deliveries whose sender died while handing the mail over: nobody knows; a person decides."""
    for row in Delivery.objects.stale(now):
        reply = _("The sender died while it handed the mail over: it may have arrived or not.")
        mine = Delivery.objects.stale(now).filter(pk=row.pk)
        if mine.change(DeliveryState.SENDING, DeliveryState.UNKNOWN, server_reply=reply, **FREE):
            summary.unknown.append(joined(": ", [row.address, reply]))


def settle(now: datetime, summary: Summary) -> int:
    """Say of editions of which every delivery is decided: sent, partly sent, failed, or skipped for all.

    Owner and watchers of those that went wrong are told; returns of how many editions.
    """
    told = 0
    counts = {
        state.value: Count("deliveries", filter=Q(deliveries__state=state, deliveries__superseded_by=None))
        for state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED)
    }
    for edition in Edition.objects.to_settle().select_related("report__owner").defer("html", "text").annotate(**counts):
        count = {name: getattr(edition, name) for name in counts}
        state = _settled(count)
        outcome = "" if state == EditionState.SENT else _tally(count)
        undecided_no_more = Edition.objects.filter(pk=edition.pk)
        changed = undecided_no_more.change(EditionState.SENDING, state, finished_at=now, outcome=outcome)
        if not changed:
            continue
        if state == EditionState.FAILED:
            summary.troubles.append(joined(": ", [edition, outcome]))
        if state in (EditionState.FAILED, EditionState.PARTLY_SENT):
            told += notices.tell(edition, notices.FAILED, _said_of(edition, outcome), now)
    return told


def _said_of(edition: Edition, outcome: str) -> str:
    """The tally, and the first of those whom it did not reach, with the server's answer; in the report's language."""
    bad = edition.deliveries.standing().filter(state__in=(DeliveryState.FAILED, DeliveryState.UNKNOWN)).order_by("pk")
    with translation.override(edition.report.language):
        lines = [f"{row.address}: {row.get_state_display()}. {row.server_reply}" for row in bad[: NAMED + 1]]
        outcome = anew(outcome)
    return "\n".join([outcome, *lines[:NAMED], *(["…"] if len(lines) > NAMED else [])])


def _settled(count: dict[str, int]) -> EditionState:
    """What may have arrived is not called failed, and what may not have is not called sent."""
    if count["failed"] == count["unknown"] == 0 and count["sent"]:
        return EditionState.SENT
    if not any(count[name] for name in ("sent", "failed", "unknown")):
        return EditionState.SKIPPED  # nobody wanted it any more, which is no failure
    return EditionState.PARTLY_SENT if count["sent"] or count["unknown"] else EditionState.FAILED


def _tally(count: dict[str, int]) -> str:
    return _("Deliveries: %(sent)d sent, %(failed)d failed, %(unknown)d unknown, %(skipped)d skipped.") % count
