"""What people do to the sections of a report, beyond filling in their fields."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import translation
from django.utils.translation import gettext as _

from backoffice.jobs.storable import storable
from reporter.contents import DatasetGone, table_of, title_of
from reporter.datasets.base import DatasetError
from reporter.models import ReportSection
from reporter.periods import period_before
from reporter.rendering.shaping import names_of

logger = logging.getLogger(__name__)

# Who changes a report or one of its sections may know what columns there are.
MAY_ASK = [f"reporter.{action}_{model}" for action in ("add", "change") for model in ("report", "reportsection")]


class NotAsked(Exception):
    """The dataset could not be asked for its columns; the message says why."""


def ask_columns(section: ReportSection, user: User, now: datetime) -> list[str]:
    """Ask the section's dataset once, for the period that would be due at ``now``, and keep what columns it has.

    Raises PermissionDenied and NotAsked.
    """
    if not any(map(user.has_perm, MAY_ASK)):
        raise PermissionDenied
    report = section.report
    try:
        day = now.astimezone(ZoneInfo(report.zone)).date()
        with translation.override(report.language):
            period = period_before(report.period, day, report.zone, report.period_days)
            names = names_of(table_of(section, period))
    except (DatasetGone, DatasetError) as error:
        raise NotAsked(str(error)) from error
    except Exception as error:  # whatever a dataset raises: the form must open all the same
        logger.exception("The columns of %s could not be asked for", section)
        text = _(
            "The columns of “%(section)s” could not be asked for: %(reason)s. Until they are known, all are shown."
        )
        raise NotAsked(text % {"section": title_of(section), "reason": storable(error, 300)}) from error
    section.seen_columns = names
    section.save(update_fields=["seen_columns"])
    return names


def translate_columns(section: ReportSection, user: User, now: datetime) -> None:
    """After a change of the report's language: the columns that were chosen, under their new names.

    Datasets name their columns in the language of the report, and in the same order. Raises as ask_columns.
    """
    old = list(section.seen_columns)
    new = ask_columns(section, user, now)
    if len(old) != len(new):
        return
    names = {before: after for before, after in zip(old, new, strict=True) if before not in new}
    section.columns = [entry | {"name": names.get(entry["name"], entry["name"])} for entry in section.columns]
    section.sort_column = names.get(section.sort_column, section.sort_column)
    section.save(update_fields=["columns", "sort_column"])
