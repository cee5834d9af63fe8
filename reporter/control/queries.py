"""Writing SQL: each change is a version, of which it is known who made it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from reporter.datasets.sql.parameters import declared, parse_values, values
from reporter.datasets.sql.running import Result, run
from reporter.models import Query, ReportSection
from reporter.models.query import WRITE_SQL
from reporter.periods import Period

logger = logging.getLogger(__name__)

# Rows that a trial shows.
TRIAL_ROWS = 50

# Seconds that it may take: the browser waits, and one of the few threads of the web server does.
TRIAL_SECONDS = 20


class QueryInUse(Exception):
    """A query is not deleted while a report uses it; the message says which."""


def save_query(query: Query, by: User, reason: str = "") -> None:
    """Store it, and with it a version. Raises PermissionDenied."""
    check(by, WRITE_SQL)
    query.changed_by = by
    if query._state.adding:
        query.created_by = by
    query._history_user = by  # type: ignore[attr-defined]
    query._change_reason = reason[:100] or None  # type: ignore[attr-defined]
    query.save()


def put_back_query(query: Query, version_id: int, by: User) -> None:
    """Make a former version the newest one; the name stays. Raises PermissionDenied, Query.DoesNotExist."""
    check(by, WRITE_SQL)
    with transaction.atomic():
        version = query.history.filter(pk=version_id).first()
        if version is None:
            raise Query.DoesNotExist
        query.database, query.sql = version.database, version.sql
        query.parameters, query.description = version.parameters, version.description
        text = _("Put back: the version of %(moment)s") % {
            "moment": f"{timezone.localtime(version.history_date):%Y-%m-%d %H:%M:%S}"
        }
        save_query(query, by, text)
        note(by, query, text)


def delete_query(query: Query, by: User) -> None:
    """Raises PermissionDenied, QueryInUse."""
    check(by, WRITE_SQL)
    with transaction.atomic():
        if used := sections_of(query):
            names = ", ".join(sorted({section.report.name for section in used}))
            raise QueryInUse(_("It is used by: %(reports)s. Take it out of them first.") % {"reports": names})
        query._history_user = by  # type: ignore[attr-defined]
        query.delete()


def try_query(by: User, database: str, sql: str, asked_with: Mapping[str, object]) -> Result:
    """The first rows of a query that need not be stored. Raises PermissionDenied, and DatasetError."""
    check(by, WRITE_SQL)
    logger.info("%s tries a query on %s", by, database)
    return run(database, sql, asked_with, first=TRIAL_ROWS, seconds=TRIAL_SECONDS)


def trial_values(stored: list[dict[str, object]], text: str, period: Period) -> dict[str, object]:
    """What a trial is asked with: the period, and own parameters as somebody typed them. Raises ValidationError."""
    parameters = declared(stored)
    return values(parameters, parse_values(parameters, text), period)


def sections_of(query: Query) -> list[ReportSection]:
    """Where it is used."""
    rows = ReportSection.objects.filter(dataset=query.dataset_key).select_related("report")
    return list(rows.order_by("report__name", "position"))


def sections_without_values(query: Query) -> list[ReportSection]:
    """Those whose reports would fail, since the query wants parameters that they do not give."""
    parameters = declared(query.parameters)

    def fits(section: ReportSection) -> bool:
        try:
            parse_values(parameters, "\n".join(f"{name} = {value}" for name, value in section.parameters.items()))
        except ValidationError:
            return False
        return True

    return [section for section in sections_of(query) if not fits(section)]
