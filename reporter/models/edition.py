"""An edition: a report for one period, built once and kept as it was sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.told import ToldTextField
from reporter.models.choices import EDITION_CHANGES, TO_USERS, UNBUILT, UNDECIDED, UNFINISHED, EditionState, Hold, Why
from reporter.models.report import Report
from reporter.models.states import StateQuerySet
from reporter.periods import Period


class EditionQuerySet(StateQuerySet["Edition"]):
    changes = EDITION_CHANGES

    def to_build(self, now: datetime) -> EditionQuerySet:
        """Editions that wait for a builder, or whose builder died; those that are quickly built come first."""
        free = Q(state=EditionState.PENDING, next_attempt_at__lte=now)
        left_behind = Q(state=EditionState.BUILDING, claimed_until__lte=now)
        return self.filter(free | left_behind, hold="").order_by("report__build_seconds", "pk")

    def to_settle(self) -> EditionQuerySet:
        """Editions of which no delivery is undecided any more, but which do not say so yet."""
        from reporter.models.delivery import Delivery

        undecided = Delivery.objects.filter(edition=OuterRef("pk"), state__in=UNDECIDED)
        return self.filter(~Exists(undecided), state=EditionState.SENDING)

    def for_readers(self) -> EditionQuerySet:
        """Without tests and notices."""
        return self.exclude(why__in=TO_USERS)

    def held(self) -> EditionQuerySet:
        return self.filter(state__in=UNFINISHED).exclude(hold="")


class Edition(models.Model):
    report = models.ForeignKey(Report, verbose_name=_("report"), on_delete=models.PROTECT, related_name="editions")
    state = models.CharField(_("state"), max_length=16, choices=EditionState.choices, default=EditionState.PENDING)

    # Why, and for which days
    why = models.CharField(_("asked for by"), max_length=16, choices=Why.choices)
    slot = models.CharField(_("slot"), max_length=32, null=True, blank=True)
    due_at = models.DateTimeField(_("due"))
    slots_covered = models.PositiveIntegerField(
        _("slots"), default=1, help_text=_("How many due moments it stands for: more than 1 if nothing ran.")
    )
    covers_from = models.DateTimeField(_("first slot"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    local_date = models.DateField(_("day"))
    period_start = models.DateTimeField(_("from"))
    period_end = models.DateTimeField(_("until"))
    zone = models.CharField(_("time zone"), max_length=64)

    # How far it is
    created_at = models.DateTimeField(_("created"))
    attempts = models.PositiveSmallIntegerField(_("builds begun"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    claimed_by = models.UUIDField(_("builder"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True, editable=False)
    built_at = models.DateTimeField(_("built"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    problem = ToldTextField(_("problem"), blank=True)
    outcome = ToldTextField(_("what became of it"), blank=True)
    hold = models.CharField(_("held"), max_length=16, choices=Hold.choices, blank=True, default="")
    hold_reason = ToldTextField(_("why it is held"), blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    original = models.ForeignKey(
        "self",
        verbose_name=_("edition that it corrects or tells of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="follow_ups",
    )
    stripped_at = models.DateTimeField(_("mail and files removed"), null=True, blank=True)

    # As it is sent
    subject = models.CharField(_("subject"), max_length=998, blank=True)
    html = models.TextField(_("HTML"), blank=True)
    text = models.TextField(_("plain text"), blank=True)
    reply_to = models.EmailField(_("reply to"), max_length=254, blank=True)
    # Names and addresses that all who get it see as Cc; each of them has a delivery of their own.
    copies = models.JSONField(_("copies (Cc)"), default=list, blank=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-pk"]
        permissions = [
            ("correct_edition", _("Can send a correction of an edition")),
            ("hold_edition", _("Can hold editions, and let them go")),
            ("approve_edition", _("Can approve an edition, so that it is sent")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["report", "slot"], name="edition_once_per_slot"),
            models.UniqueConstraint(
                fields=["report"], name="edition_asked_for_once", condition=Q(why=Why.PERSON, state__in=UNBUILT)
            ),
            models.UniqueConstraint(
                fields=["original"], name="correction_once", condition=Q(why=Why.CORRECTION, state__in=UNFINISHED)
            ),
            models.UniqueConstraint(
                fields=["report", "requested_by"], name="test_once", condition=Q(why=Why.TEST, state__in=UNBUILT)
            ),
        ]
        indexes = [
            # Whole ones: SQLite does not see that state = 'pending' lies within a partial index.
            models.Index(fields=["state", "next_attempt_at"], name="edition_by_state"),
            models.Index(fields=["report", "-id"], name="edition_by_report"),
            models.Index(fields=["due_at"], name="edition_by_due"),
            models.Index(fields=["due_at"], name="edition_unstripped", condition=Q(stripped_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.report} · {self.local_date}"

    @property
    def is_for_users(self) -> bool:
        """A test or a notice, of which no reader knows."""
        return self.why in TO_USERS

    @property
    def folder(self) -> str:
        """Where its files are stored, and no others."""
        return f"editions/{self.local_date:%Y/%m}/{self.pk}"

    @property
    def told_period(self) -> Period:
        return Period(self.period_start, self.period_end, self.zone)


def file_path(file: EditionFile, name: str) -> str:
    """Where a file is stored: numbers only, since storages differ in the names they take."""
    return f"{file.edition.folder}/{file.position}{PurePosixPath(file.name).suffix.lower()}"


class EditionFileQuerySet(models.QuerySet["EditionFile"]):
    def pictures(self) -> EditionFileQuerySet:
        """What the mail shows within itself."""
        return self.exclude(content_id="")

    def tables(self) -> EditionFileQuerySet:
        """What people keep: attached to the mail, or linked to from it."""
        return self.filter(content_id="")


class EditionFile(models.Model):
    """A file of the mail, kept as it was sent: attached, linked to where it is too large, or a picture in it."""

    edition = models.ForeignKey(Edition, verbose_name=_("edition"), on_delete=models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(_("file"), upload_to=file_path, max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    is_attached = models.BooleanField(_("attached"), default=True)
    # Of a picture: the name by which the HTML shows it, "cid:" before it.
    content_id = models.CharField("Content-ID", max_length=80, blank=True)

    objects = EditionFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["edition", "position"], name="edition_file_position")]

    def __str__(self) -> str:
        return self.name
