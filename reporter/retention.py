"""What is kept of editions and of people, and how long. Removed in batches, so that no pass takes long over it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from backoffice.jobs.retention import days_before
from reporter.models import Delivery, Edition, EditionFile
from reporter.models.choices import UNDECIDED, UNFINISHED

# Editions and deliveries that one pass takes.
EDITIONS = 50
DELIVERIES = 1000


def clean_up(now: datetime) -> None:
    """Remove what is too old: mails and files of editions, names and addresses of deliveries. Rows, with their
    states and moments, stay: schedules and *once per slot* go by them."""
    _strip_editions(now)
    _remove_addresses(now)


def _strip_editions(now: datetime) -> None:
    limit = days_before(now, settings.REPORT_KEEP_EDITIONS_DAYS)
    old = Edition.objects.filter(stripped_at=None, due_at__lt=limit, created_at__lt=limit)  # one of a past day is new
    keys = old.exclude(state__in=UNFINISHED).order_by("due_at").values_list("pk", flat=True)[:EDITIONS]
    for pk in list(keys):
        files = list(EditionFile.objects.filter(edition=pk))
        with transaction.atomic():
            Edition.objects.filter(pk=pk).update(html="", text="", stripped_at=now)
            EditionFile.objects.filter(edition=pk).delete()
        for file in files:
            file.file.delete(save=False)


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
