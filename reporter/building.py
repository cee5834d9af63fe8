"""Builds editions: each once, by one process, and stores what will be sent."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from reporter import holds, notices
from reporter.audience import deliveries_of
from reporter.clock import Clock
from reporter.datasets import base
from reporter.models import Delivery, Edition, EditionFile, EditionState, Hold, Report, ReportSection
from reporter.rendering import mail, sheets
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
    """Take the edition as it was read. False if another process was quicker, or if too many have died of it."""
    token = uuid.uuid4()
    seen = Edition.objects.filter(pk=edition.pk, attempts=edition.attempts, claimed_by=edition.claimed_by)
    if edition.attempts >= MAX_ATTEMPTS:
        problem = _("Its building was broken off %(count)d times: the process ended.") % {"count": edition.attempts}
        if seen.change(edition.state, EditionState.FAILED, problem=problem, finished_at=now):
            logger.error("%s: %s", edition, problem)
            summary.troubles.append(f"{edition}: {problem}")
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
            summary.for_nobody += edition.state == EditionState.SKIPPED
            if built.problem:
                summary.troubles.append(f"{edition}: {built.problem}")
    except Exception as error:
        logger.exception("%s could not be built", edition)
        summary.troubles.append(_record_failure(edition, error, clock.now()))
        _record_duration(edition, time.monotonic() - began)


def _record_duration(edition: Edition, seconds: float) -> None:
    """Of a build that failed too: a report that is slow to fail must not be the first again and again."""
    Report.objects.filter(pk=edition.report_id).update(build_seconds=seconds)


def _record_failure(edition: Edition, error: Exception, now: datetime) -> str:
    reason = "".join(traceback.format_exception_only(error)).strip().replace("\x00", "\N{REPLACEMENT CHARACTER}")
    mine = Edition.objects.filter(pk=edition.pk, claimed_by=edition.claimed_by)
    if edition.attempts >= MAX_ATTEMPTS:
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
    return f"{edition}: {problem}"


# --- What is built --------------------------------------------------------------------------------------


def build(edition: Edition) -> Built:
    """Query the datasets and write the mail and its files, in the report's language. Stores nothing."""
    report = edition.report
    with translation.override(report.language):
        sections, files = [], []
        for position, section in enumerate(report.sections.all(), start=1):
            shown = _section(section, edition, position)
            sections.append(shown)
            if shown.table is not None:
                files.append((shown.file_name, sheets.csv_bytes(shown.table, edition.zone)))
        built_mail = mail.render(edition, sections)
    problem = " ".join(f"{section.title}: {section.problem}" for section in sections if section.problem)
    return Built(built_mail, files, problem)


def _section(section: ReportSection, edition: Edition, position: int) -> mail.Section:
    dataset = base.find(section.dataset)
    if dataset is None:
        problem = _("The dataset “%(key)s” of this section is not there any more.") % {"key": section.dataset}
        return mail.Section(section.title or section.dataset, None, problem)
    title = section.title or str(dataset.title)
    stem = get_valid_filename(f"{position}-{title}")[:100]
    return mail.Section(
        title, dataset.table(edition.told_period), file_name=f"{stem}-{edition.local_date.isoformat()}.csv"
    )


def store(edition: Edition, built: Built, now: datetime, *, seconds: float) -> bool:
    """Keep what was built and insert its deliveries, in one transaction. False if the claim was lost meanwhile."""
    files = [_saved(edition, position, *file) for position, file in enumerate(built.files, start=1)]
    is_kept = False
    try:
        with transaction.atomic():
            deliveries = deliveries_of(edition, now)
            edition.state = EditionState.BUILT if deliveries else EditionState.SKIPPED
            waits = edition.report.needs_approval and deliveries and not edition.is_for_users
            is_kept = bool(
                Edition.objects.filter(pk=edition.pk, claimed_by=edition.claimed_by).change(
                    EditionState.BUILDING,
                    edition.state,
                    subject=built.mail.subject,
                    html=built.mail.html,
                    text=built.mail.text,
                    problem=_problem(built, deliveries),
                    built_at=now,
                    finished_at=None if deliveries else now,
                    claimed_until=None,
                    **({"hold": Hold.APPROVAL, "hold_reason": _("Somebody has to approve it.")} if waits else {}),
                )
            )
            if is_kept:
                EditionFile.objects.bulk_create(files)
                Delivery.objects.bulk_create(deliveries)
                _record_duration(edition, seconds)
    except BaseException:
        is_kept = False
        raise
    finally:
        if not is_kept:  # the files are not part of the transaction
            for file in files:
                file.file.delete(save=False)
    return is_kept


def _saved(edition: Edition, position: int, name: str, content: bytes) -> EditionFile:
    file = EditionFile(
        edition=edition,
        position=position,
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    file.file.save(name, ContentFile(content), save=False)
    return file


def _problem(built: Built, deliveries: list[Delivery]) -> str:
    nobody = "" if deliveries else _("Nobody is subscribed for that day: it was sent to nobody.")
    return " ".join(part for part in (built.problem, nobody) if part)
