"""The words in which editions and deliveries are described, and which change of their state is legal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"


class Source(models.TextChoices):
    """By what somebody got a report until they unsubscribed from it."""

    OWN = "own"
    GROUPS = "groups"


class Weekday(models.IntegerChoices):
    """Counted as timetables count them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Why(models.TextChoices):
    """Who or what asked for an edition."""

    TIMETABLE = "timetable", _("timetable")
    PERSON = "person", _("a person")
    COMMAND = "command", _("command line")
    BACKFILL = "backfill", _("sent later, by a person")
    CORRECTION = "correction", _("correction, by a person")
    TEST = "test", _("test, to whoever asked for it")
    NOTICE = "notice", _("notice to owner and watchers")


# Mails to users of the back office: they are no editions that anybody waits for, and never count as sent.
TO_USERS = (Why.TEST, Why.NOTICE)


class Hold(models.TextChoices):
    """Why an edition is kept back; empty where it is not."""

    OWNER = "owner", _("its owner may not send it")
    PERSON = "person", _("held by a person")
    APPROVAL = "approval", _("waits for approval")


class SectionKind(models.TextChoices):
    TABLE = "table", _("Table")
    LINE = "line", _("Chart: lines")
    BAR = "bar", _("Chart: bars")
    SHARE = "share", _("Chart: shares")
    TEXT = "text", _("Text")


CHARTS = (SectionKind.LINE, SectionKind.BAR, SectionKind.SHARE)


class FileChoice(models.TextChoices):
    """The files that hold all rows of a report."""

    NONE = "none", _("none")
    CSV = "csv", _("CSV, one file for each section")
    XLSX = "xlsx", _("Excel (XLSX), a sheet for each section")
    BOTH = "both", _("CSV and Excel")


class EditionState(models.TextChoices):
    PENDING = "pending", _("pending")
    BUILDING = "building", _("building")
    BUILT = "built", _("built")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    PARTLY_SENT = "partly_sent", _("partly sent")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("skipped")  # for nobody on that day or any more, or with nothing to tell


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("pending")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")
    SKIPPED = "skipped", _("skipped")


# From → to. What is not here is a bug of ours, and raises.
EDITION_CHANGES: dict[EditionState, frozenset[EditionState]] = {
    EditionState.PENDING: frozenset({EditionState.BUILDING, EditionState.SKIPPED}),  # skipped: held for too long
    # To itself: another process takes over from a builder that died.
    EditionState.BUILDING: frozenset(
        {EditionState.BUILDING, EditionState.BUILT, EditionState.PENDING, EditionState.FAILED, EditionState.SKIPPED}
    ),
    EditionState.BUILT: frozenset({EditionState.SENDING}),
    EditionState.SENDING: frozenset(
        {EditionState.SENT, EditionState.PARTLY_SENT, EditionState.FAILED, EditionState.SKIPPED}
    ),
    # Once more: what a person sends again, or decides about.
    EditionState.PARTLY_SENT: frozenset({EditionState.SENDING}),
    EditionState.FAILED: frozenset({EditionState.SENDING, EditionState.PENDING}),  # pending: to be built again
    EditionState.SKIPPED: frozenset({EditionState.PENDING}),  # what was never built, since it was held for too long
}

DELIVERY_CHANGES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PENDING: frozenset({DeliveryState.SENDING, DeliveryState.SKIPPED, DeliveryState.FAILED}),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.PENDING}
    ),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.SENT, DeliveryState.FAILED}),  # as a person says
}

# Editions that a builder looks at, those on which anything is to be done, and deliveries that are not decided yet.
UNBUILT = (EditionState.PENDING, EditionState.BUILDING)
UNFINISHED = (*UNBUILT, EditionState.BUILT, EditionState.SENDING)
UNDECIDED = (DeliveryState.PENDING, DeliveryState.SENDING)

# Editions that nobody got. Where nothing was built they can be built again, and their day can be made up for.
VOID = (EditionState.FAILED, EditionState.SKIPPED)
