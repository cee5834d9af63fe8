"""Who may see what a report says: whoever may see each of its datasets."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from reporter.datasets import base
from reporter.models import Report


def refused(report: Report, user: User | AnonymousUser) -> list[str]:
    """The titles of the report's datasets that ``user`` may not see; those that are gone say nothing to anybody.

    One query for the sections, none where they are prefetched.
    """
    keys = dict.fromkeys(section.dataset for section in report.sections.all())
    found = (base.find(key) for key in keys)
    return [str(dataset.title) for dataset in found if dataset is not None and not dataset.allowed_to(user)]
