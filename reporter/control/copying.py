"""A copy of a report, to be changed without touching what is sent."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check
from reporter.control.audience import NotAllowed
from reporter.control.permissions import ADD_REPORT, ADD_SUBSCRIPTION
from reporter.control.rights import unseen
from reporter.models import Report

M = TypeVar("M", bound=models.Model)


def copy_report(report: Report, by: User, *, with_subscribers: bool = False) -> Report:
    """A copy of ``report`` with its sections, switched off, owned by the person who makes it.

    Its subscribers, people and groups, only if that is wanted. Raises PermissionDenied, and NotAllowed for a person
    who may not see the data and so may not say who gets it.
    """
    check(by, ADD_REPORT)
    if with_subscribers:
        check(by, ADD_SUBSCRIPTION)
    if with_subscribers and (problem := unseen(by, [report])):
        raise NotAllowed(problem)
    with transaction.atomic():
        copy = _fresh(Report.objects.get(pk=report.pk))
        copy.name, copy.owner, copy.is_enabled = _name_of_copy(report), by, False
        copy.paused_at, copy.paused_until, copy.paused_by, copy.paused_reason = None, None, None, ""
        copy.build_seconds = 0
        copy.save()
        related: list[Any] = list(report.sections.all())
        if with_subscribers:
            related += [*report.subscriptions.all(), *report.subscribed_groups.all()]
        for row in related:
            row.report = copy
            _fresh(row).save()
        text = _("Copied from “%(report)s”.") % {"report": report}
        LogEntry.objects.log_actions(by.pk, [copy], ADDITION, change_message=text, single_object=True)
    return copy


def _fresh(row: M) -> M:
    row.pk = None
    row._state.adding = True
    return row


def _name_of_copy(report: Report) -> str:
    """“Copy of …”, with a number if there is one already; not longer than a name may be."""
    most = Report._meta.get_field("name").max_length or 120
    base, number = _("Copy of %(report)s") % {"report": report.name}, 1
    name = base[:most]
    while Report.objects.filter(name=name).exists():
        number += 1
        suffix = f" ({number})"
        name = base[: most - len(suffix)] + suffix
    return name
