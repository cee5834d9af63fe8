"""Sends what is pending: claims rows, one commit per recipient, and never a mail twice."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import F

from backoffice.jobs.told import gettext as _
from reporter import holds, results
from reporter.audience import why_unwanted
from reporter.clock import Clock
from reporter.messages import Attachment, attachments_of, message_for
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Recipient
from reporter.pace import Pace
from reporter.summary import Summary
from reporter.transports import Result, ServerDown, Transport, Verdict

logger = logging.getLogger(__name__)

# Rows of one edition that a sender claims at a time: then the next edition has its turn.
BATCH = 50

# A sender that has not said what became of a mail by then is taken for dead. Longer than a mail can take.
CLAIM = timedelta(minutes=5)

# Disturbed connections in a row after which the server counts as down.
MAX_DISTURBANCES = 2

# Times that a commit is tried again where the database is locked; the lock is waited for each time.
COMMIT_ATTEMPTS = 3


class Sender:
    """Sends due deliveries over one transport within the time of ``clock``."""

    def __init__(self, transport: Transport, clock: Clock, summary: Summary) -> None:
        self.transport = transport
        self.clock = clock
        self.summary = summary
        self.token = uuid.uuid4()
        self._is_stopped = False
        self._is_out_of_turn = False
        self._disturbances = 0
        self._pace = Pace(clock)
        self._read: tuple[int, list[Attachment]] | None = None
        # Put together once: that takes longer than to ask them.
        self._mine = Delivery.objects.filter(claimed_by=self.token)
        self._mine_not_held = self._mine.not_held()
        self._receiving = Recipient.objects.none()

    def send_all(self) -> None:
        while self.send_round():
            pass
        if self._is_stopped:  # editions that were built since then wait for the same
            self._put_off_all()

    def send_round(self) -> bool:
        """One batch of each edition that has due deliveries. False when nothing is left, or no time."""
        due = Delivery.objects.due(self.clock.now()).not_held().order_by().values_list("edition", flat=True).distinct()
        editions = sorted(due) if self._may_go_on() else []
        tried = 0
        for edition_id in editions:
            if self._may_go_on() and self._has_rights(edition_id) and self._is_ready():
                self._send_batch(edition_id)
                tried += 1
        return tried > 0 and self._may_go_on()

    def _has_rights(self, edition_id: int) -> bool:
        edition = Edition.objects.select_related("report__owner").defer("html", "text").get(pk=edition_id)
        return holds.may_go_on(edition, self.clock.now(), self.summary)

    # --- Whether to go on ---

    def _may_go_on(self) -> bool:
        return not self._is_stopped and not self._is_out_of_turn and self.clock.has_time()

    def _has_turn(self) -> bool:
        """Wait until the rate limit lets another mail out. If that takes too long, the next pass goes on."""
        self._is_out_of_turn = not self._pace.wait()
        return not self._is_out_of_turn

    def _is_ready(self) -> bool:
        """Whether the server takes mail. Asked before a delivery is marked as being sent."""
        try:
            self.transport.ready()
        except ServerDown as error:
            self._stop(str(error))
            return False
        return True

    def _stop(self, reason: str) -> None:
        """Send no more in this pass; what waits is put off without using up its attempts."""
        self._is_stopped = True
        self.summary.mail_problem = reason
        self._put_off_all()

    def _put_off_all(self) -> None:
        self.summary.put_off += results.put_off_all(self.token, self.summary.mail_problem, self.clock.now())

    def _judge(self, result: Result) -> None:
        """A connection may break once, or a server fall silent over one mail: the others are not held up by it."""
        self._disturbances = self._disturbances + 1 if result.is_disturbed else 0
        if result.verdict == Verdict.BLOCKED or self._disturbances >= MAX_DISTURBANCES:
            self._stop(_("Sending was broken off: %(reply)s") % {"reply": result.reply})

    # --- One batch ---

    def _send_batch(self, edition_id: int) -> None:
        waiting = deque(self._claimed(edition_id))
        row = self._advance(None, None, waiting) if waiting and self._has_turn() else None
        while row is not None:
            result = self._transmit(row)
            self._judge(result)
            if self._pace.is_limited:  # what became of it is written before the wait for the next
                self._advance(row, result, deque())
                row = self._advance(None, None, waiting) if self._goes_on(waiting) else None
            else:
                row = self._advance(row, result, waiting if self._goes_on(waiting) else deque())
        Delivery.objects.filter(state=DeliveryState.PENDING, claimed_by=self.token).update(
            claimed_by=None, claimed_until=None
        )

    def _goes_on(self, waiting: deque[Delivery]) -> bool:
        return bool(waiting) and self._may_go_on() and self._has_turn() and self._is_ready()

    def _claimed(self, edition_id: int) -> list[Delivery]:
        """Claim a batch by one conditional UPDATE: each row is ours alone until the claim ends."""
        now = self.clock.now()
        due = Delivery.objects.due(now)
        keys = list(due.filter(edition=edition_id).order_by("pk").values_list("pk", flat=True)[:BATCH])
        due.filter(pk__in=keys).update(claimed_by=self.token, claimed_until=now + CLAIM)
        mine = Delivery.objects.filter(pk__in=keys, claimed_by=self.token, state=DeliveryState.PENDING)
        rows = list(mine.select_related("recipient").order_by("pk"))
        edition = Edition.objects.select_related("report").get(pk=edition_id)  # once: its HTML may be large
        for row in rows:
            row.edition = edition
        self._receiving = Recipient.objects.receiving(edition.report_id)
        return rows

    def _advance(self, done: Delivery | None, result: Result | None, rows: deque[Delivery]) -> Delivery | None:
        """One commit: the result of one delivery, and *sending* of the next, which is returned."""
        for attempt in range(COMMIT_ATTEMPTS):
            try:
                with transaction.atomic():
                    state = results.record(done, result, self.clock.now()) if done and result else None
                    begun = self._begin_next(rows)
                break
            except OperationalError:
                if attempt == COMMIT_ATTEMPTS - 1:
                    raise
                connection.close_if_unusable_or_obsolete()
        if begun:  # and that is committed: the others of the batch, which share the object, need not say so again
            begun.edition.state = EditionState.SENDING
        if done and result and state:
            results.tell(done, state, result, self.summary)
        return begun

    def _begin_next(self, rows: deque[Delivery]) -> Delivery | None:
        while rows:
            if self._begin(row := rows.popleft()):
                return row
        return None

    def _begin(self, row: Delivery) -> bool:
        """Mark a delivery as being sent, if it is still ours and wanted."""
        unwanted = why_unwanted(row, self._receiving)
        if not unwanted:
            until = self.clock.now() + CLAIM
            changed = self._mine_not_held.filter(pk=row.pk).change(
                DeliveryState.PENDING, DeliveryState.SENDING, claimed_until=until, attempts=F("attempts") + 1
            )
            row.attempts += changed
        else:
            changed = self._mine.filter(pk=row.pk).change(
                DeliveryState.PENDING,
                DeliveryState.SKIPPED,
                server_reply=unwanted,
                claimed_by=None,
                claimed_until=None,
            )
        if changed and row.edition.state == EditionState.BUILT:
            Edition.objects.filter(pk=row.edition_id).change(EditionState.BUILT, EditionState.SENDING)
        return bool(changed) and not unwanted

    def _transmit(self, row: Delivery) -> Result:
        try:
            attachments = self._attachments(row.edition)
        except Exception as error:  # a storage may be away for a while
            logger.exception("The files of %s cannot be read", row.edition)
            return Result(Verdict.LATER, _("Its files cannot be read: %(reason)s") % {"reason": error})
        try:
            message = message_for(row, attachments, self.clock.now())
        except Exception as error:
            logger.exception("The mail of delivery %s cannot be written", row.pk)
            return Result(Verdict.REFUSED, _("The mail cannot be written: %(reason)s") % {"reason": error})
        if row.content_hash and row.content_hash != message.content_hash:
            text = _("Not sent: the mail would not be the one that it repeats. Has the sender's address changed?")
            return Result(Verdict.REFUSED, text)
        row.content_hash = message.content_hash
        return self.transport.send(message.sender, message.address, row.message_id, message.content)

    def _attachments(self, edition: Edition) -> list[Attachment]:
        if self._read is None or self._read[0] != edition.pk:
            self._read = edition.pk, attachments_of(edition)
        return self._read[1]
