"""Builds editions: each once, by one process, and stores what will be sent."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import translation

from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import joined
from reporter import holds, notices
from reporter.audience import copies_in, deliveries_of
from reporter.clock import Clock
from reporter.contents import Contents
from reporter.datasets import base
from reporter.files import files_of, links_to, too_large
from reporter.messages import Attachment
from reporter.models import Delivery, Edition, EditionFile, EditionState, Hold, Report, ReportSection
from reporter.rendering import mail
from reporter.summary import Summary

logger = logging.getLogger(__name__)

# A builder that has not finished by then is taken for dead, and another one begins anew.
CLAIM = timedelta(minutes=15)

# Pauses after a build that failed; after the last one no more is tried. A little less than the job's five
# minutes and their multiples, so that the tick at that moment is not just missed.
RETRY_PAUSES = (timedelta(minutes=4), timedelta(minutes=14))
MAX_ATTEMPTS = len(RETRY_PAUSES) + 1


@dataclass(frozen=True)
class Built:
    mail: mail.Mail
    files: list[tuple[str, bytes]]  # name, content
    problem: str  # what is missing in it, for staff
    pictures: dict[str, bytes] = field(default_factory=dict)  # PNGs by their Content-ID
    linked: frozenset[str] = frozenset()  # names of files that the mail links to, since they are too large for it
    is_empty: bool = False  # it has nothing to tell, and is not to be sent then
    seen_columns: list[tuple[ReportSection, list[str]]] = field(default_factory=list)

    def attachments(self) -> list[Attachment]:
        """What goes with the mail: the files that are not only linked to, and the pictures."""
        files = [Attachment(*file) for file in self.files if file[0] not in self.linked]
        return files + self.named_pictures()

    def named_pictures(self) -> list[Attachment]:
        pictures = enumerate(self.pictures.items(), start=len(self.files) + 1)
        return [Attachment(f"chart-{number}.png", content, content_id) for number, (content_id, content) in pictures]


def build_pending(clock: Clock, summary: Summary) -> Iterator[None]:
    """Build what waits, one edition at a time; the caller may do something else in between."""
    for edition in Edition.objects.to_build(clock.start).select_related("report__owner"):
        if not clock.has_time():
            return
        if not holds.may_go_on(edition, clock.now(), summary):
            continue
        if claim(edition, clock.now(), summary):
            _attempt(edition, clock, summary)
            yield


def claim(edition: Edition, now: datetime, summary: Summary) -> bool:
    """Take the edition as it was read. False if another process was quicker, if somebody holds it since, or if too
    many have died of it."""
    token = uuid.uuid4()
    seen = Edition.objects.filter(pk=edition.pk, attempts=edition.attempts, claimed_by=edition.claimed_by, hold="")
    if edition.attempts >= MAX_ATTEMPTS:
        problem = _("Its building was broken off %(count)d times: the process ended.") % {"count": edition.attempts}
        if seen.change(edition.state, EditionState.FAILED, problem=problem, finished_at=now):
            logger.error("%s: %s", edition, problem)
            summary.troubles.append(joined(": ", [edition, problem]))
            notices.tell(edition, notices.FAILED, problem, now)
        return False
    if not seen.change(
        edition.state,
        EditionState.BUILDING,
        attempts=F("attempts") + 1,
        claimed_by=token,
        claimed_until=now + CLAIM,
    ):
        return False
    edition.state, edition.claimed_by, edition.attempts = EditionState.BUILDING, token, edition.attempts + 1
    return True


def _attempt(edition: Edition, clock: Clock, summary: Summary) -> None:
    """Build a claimed edition. What goes wrong is recorded with it and stops no other."""
    began = time.monotonic()
    try:
        built = build(edition)
        if store(edition, built, clock.now(), seconds=time.monotonic() - began):
            summary.built += 1
            summary.empty += built.is_empty
            summary.for_nobody += edition.state == EditionState.SKIPPED and not built.is_empty
            if built.problem:
                summary.troubles.append(joined(": ", [edition, built.problem]))
    except Exception as error:
        logger.exception("%s could not be built", edition)
        summary.troubles.append(_record_failure(edition, error, clock.now()))
        _record_duration(edition, time.monotonic() - began)


def _record_duration(edition: Edition, seconds: float) -> None:
    """Of a build that failed too: a report that is slow to fail must not be the first again and again."""
    Report.objects.filter(pk=edition.report_id).update(build_seconds=seconds)


def _record_failure(edition: Edition, error: Exception, now: datetime) -> str:
    reason = reason_of(error)
    mine = Edition.objects.filter(pk=edition.pk, claimed_by=edition.claimed_by)
    if isinstance(error, base.DatasetError) and error.is_permanent:
        problem = _("It could not be built, and is not tried again: %(reason)s") % {"reason": reason}
        if mine.change(EditionState.BUILDING, EditionState.FAILED, problem=problem, finished_at=now):
            notices.tell(edition, notices.FAILED, problem, now)
    elif edition.attempts >= MAX_ATTEMPTS:
        problem = _("It could not be built in %(count)d attempts: %(reason)s") % {
            "count": edition.attempts,
            "reason": reason,
        }
        if mine.change(EditionState.BUILDING, EditionState.FAILED, problem=problem, finished_at=now):
            notices.tell(edition, notices.FAILED, problem, now)
    else:
        problem = _("It could not be built, and will be tried again: %(reason)s") % {"reason": reason}
        next_attempt_at = now + RETRY_PAUSES[edition.attempts - 1]
        mine.change(
            EditionState.BUILDING,
            EditionState.PENDING,
            problem=problem,
            next_attempt_at=next_attempt_at,
            claimed_by=None,
            claimed_until=None,
        )
    return joined(": ", [edition, problem])


def reason_of(error: Exception) -> str:
    """In words for staff where the dataset has some; a driver's own words are in the log."""
    if isinstance(error, base.DatasetError):
        return str(error)
    return "".join(traceback.format_exception_only(error)).strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")


# --- What is built --------------------------------------------------------------------------------------


def build(edition: Edition) -> Built:
    """Query the datasets and write the mail and its files, in the report's language. Stores nothing."""
    with translation.override(edition.report.language):
        contents = Contents.of(edition)
        words = mail.words_of(edition, contents.row_count)
        views = contents.views(words)
        pictures = {view.picture.content_id: view.picture.content for view in views if view.picture}
        files = files_of(contents)
        linked = too_large(files, sum(map(len, pictures.values())))
        built_mail = mail.render(edition, views, words, links_to(edition, files, linked))
    troubles = [f"{view.title}: {trouble}" for view in views for trouble in view.troubles]
    return Built(
        built_mail,
        files,
        problem=" ".join(troubles),
        pictures=pictures,
        linked=linked,
        is_empty=contents.is_empty and edition.report.skip_if_empty,
        seen_columns=[(part.section, part.names) for part in contents.parts if part.names],
    )


def store(edition: Edition, built: Built, now: datetime, *, seconds: float) -> bool:
    """Keep what was built and insert its deliveries, in one transaction. False if the claim was lost meanwhile."""
    files = _saved_files(edition, built)
    is_kept = False
    try:
        with transaction.atomic():
            deliveries = [] if built.is_empty else deliveries_of(edition, now)
            edition.state = EditionState.BUILT if deliveries else EditionState.SKIPPED
            waits = edition.report.needs_approval and deliveries and not edition.is_for_users
            is_kept = bool(
                Edition.objects.filter(pk=edition.pk, claimed_by=edition.claimed_by).change(
                    EditionState.BUILDING,
                    edition.state,
                    subject=built.mail.subject,
                    html=built.mail.html,
                    text=built.mail.text,
                    reply_to=edition.report.reply_to,
                    copies=copies_in(deliveries),
                    problem=_problem(built, deliveries),
                    built_at=now,
                    finished_at=None if deliveries else now,
                    claimed_until=None,
                    **(_waiting_for_approval(edition, now) if waits else {}),
                )
            )
            if is_kept:
                EditionFile.objects.bulk_create(files)
                Delivery.objects.bulk_create(deliveries)
                _record_duration(edition, seconds)
                _record_columns(built)
    except BaseException:
        is_kept = False
        raise
    finally:
        if not is_kept:  # the files are not part of the transaction
            for file in files:
                file.file.delete(save=False)
    return is_kept


def _waiting_for_approval(edition: Edition, now: datetime) -> dict[str, Any]:
    """In place of the hold of whoever held it while it was being built; who is to approve it reads why they did."""
    held = Edition.objects.select_for_update().filter(pk=edition.pk).values_list("hold_reason", flat=True)
    reason = joined(" ", [_("Somebody has to approve it."), *held])
    return {"hold": Hold.APPROVAL, "hold_reason": reason, "held_at": now}


def _saved_files(edition: Edition, built: Built) -> list[EditionFile]:
    files = [
        _saved(edition, position, name, content, is_attached=name not in built.linked)
        for position, (name, content) in enumerate(built.files, start=1)
    ]
    pictures = [
        _saved(edition, position, picture.name, picture.content, content_id=picture.content_id)
        for position, picture in enumerate(built.named_pictures(), start=len(files) + 1)
    ]
    return files + pictures


def _saved(edition: Edition, position: int, name: str, content: bytes, **values: Any) -> EditionFile:
    file = EditionFile(
        edition=edition,
        position=position,
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        **values,
    )
    file.file.save(name, ContentFile(content), save=False)
    return file


def _record_columns(built: Built) -> None:
    """What the datasets had: the forms offer it, and what is gone the next time is said."""
    for section, names in built.seen_columns:
        if section.seen_columns != names:
            ReportSection.objects.filter(pk=section.pk, dataset=section.dataset).update(seen_columns=names)


def _problem(built: Built, deliveries: list[Delivery]) -> str:
    nobody = "" if deliveries else _("Nobody is subscribed for that day: it was sent to nobody.")
    if built.is_empty:
        nobody = _("It had nothing to tell: no table and no chart has a row. It was skipped, as the report wishes.")
    return joined(" ", [built.problem, nobody])
