"""What is kept of editions and of people, and how long. Removed in batches, so that no pass takes long over it."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from backoffice.jobs.retention import days_before
from reporter.models import Delivery, Edition, EditionFile
from reporter.models.choices import UNBUILT, UNDECIDED, UNFINISHED

# Editions and deliveries that one pass takes.
EDITIONS = 50
DELIVERIES = 1000

# A builder that is killed leaves files that no row names. They are kept so long: one that still lives removes its own.
LEFT_FOR = timedelta(days=1)

# How far back such editions are looked for. What is older goes with the edition's other files.
LOOKED_BACK = timedelta(days=30)

# What we call files, and what storages make of it where that name is taken.
OURS = re.compile(r"\d+(_[A-Za-z0-9]+)?(\.\w+)?")


def clean_up(now: datetime) -> None:
    """Remove what is too old: mails and files of editions, names and addresses of deliveries. Rows, with their
    states and moments, stay: schedules and *once per slot* go by them."""
    _strip_editions(now)
    _remove_leavings(now)
    _remove_addresses(now)


def _strip_editions(now: datetime) -> None:
    limit = days_before(now, settings.REPORT_KEEP_EDITIONS_DAYS)
    old = Edition.objects.filter(stripped_at=None, due_at__lt=limit, created_at__lt=limit)  # one of a past day is new
    rows = old.exclude(state__in=UNFINISHED).order_by("due_at").only("local_date")[:EDITIONS]
    for edition in list(rows):
        files = list(EditionFile.objects.filter(edition=edition))
        with transaction.atomic():
            Edition.objects.filter(pk=edition.pk).update(html="", text="", stripped_at=now)
            EditionFile.objects.filter(edition=edition).delete()
        for file in files:
            file.file.delete(save=False)
        if _remove_unnamed(edition, now):
            with contextlib.suppress(OSError):  # what is not ours keeps its folder
                default_storage.delete(edition.folder)


def _remove_leavings(now: datetime) -> None:
    """Files of builders that were killed in the middle of it. Each edition is looked at until nothing of them is left;
    then it has no builder any more."""
    begun = Edition.objects.filter(
        due_at__gt=now - LOOKED_BACK, created_at__lt=now - LEFT_FOR, claimed_by__isnull=False
    )
    ended = begun.filter(Q(built_at=None) | Q(attempts__gt=1)).exclude(state__in=UNBUILT)
    for edition in list(ended.order_by("due_at").only("local_date")[:EDITIONS]):
        if _remove_unnamed(edition, now):
            Edition.objects.filter(pk=edition.pk).exclude(state__in=UNBUILT).update(claimed_by=None)


def _remove_unnamed(edition: Edition, now: datetime) -> bool:
    """Whether nothing is left in its folder that has no row. What is not called as our files are is not ours."""
    try:
        _folders, names = default_storage.listdir(edition.folder)
    except FileNotFoundError:  # not every storage says so
        return True
    named = set(EditionFile.objects.filter(edition=edition).values_list("file", flat=True))
    found = (f"{edition.folder}/{name}" for name in names if OURS.fullmatch(name))
    is_clean = True
    for path in (path for path in found if path not in named):
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if default_storage.get_modified_time(path) < now - LEFT_FOR:
                default_storage.delete(path)
            else:
                is_clean = False
    return is_clean


def _remove_addresses(now: datetime) -> None:
    limit = days_before(now, settings.REPORT_KEEP_ADDRESSES_DAYS)
    old = Delivery.objects.filter(removed_at=None, due_at__lt=limit).exclude(state__in=UNDECIDED)
    keys = list(old.order_by("due_at").values_list("pk", flat=True)[:DELIVERIES])
    Delivery.objects.filter(pk__in=keys).update(
        name="",
        address=Concat(Value("removed-"), Cast("pk", CharField())),  # unique within its edition
        recipient=None,
        server_reply="",  # servers repeat addresses in it
        removed_at=now,
    )
