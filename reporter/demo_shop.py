"""Three queries on the demo's shop, and a report over each."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from backoffice.report_databases import ReportDatabase
from reporter import control
from reporter.models import PeriodChoice, Query, Recipient, Report, ReportSection, SectionKind, Subscription
from reporter.shop import write_shop

logger = logging.getLogger(__name__)

DAILY_SALES = """\
SELECT o.day AS "Day", count(*) AS "Orders", sum(o.pieces) AS "Pieces", round(sum(o.amount), 2) AS "Sales"
FROM orders AS o
WHERE o.day BETWEEN :first_day AND :last_day
GROUP BY o.day
ORDER BY o.day
"""

SALES_BY_PERSON = """\
SELECT p.name AS "Sales person", count(*) AS "Orders", round(sum(o.amount), 2) AS "Sales",
       max(o.amount) AS "Largest order"
FROM orders AS o
JOIN sales_people AS p ON p.id = o.sales_person_id
WHERE o.day BETWEEN :first_day AND :last_day
GROUP BY p.id, p.name
ORDER BY sum(o.amount) DESC
"""

RUNS_OUT = """\
SELECT p.name AS "Product", s.pieces AS "In stock", p.reorder_below AS "Reorder below"
FROM stock AS s
JOIN products AS p ON p.id = s.product_id
WHERE s.day = :last_day AND s.pieces < p.reorder_below + :margin
ORDER BY s.pieces
"""

MARGIN = {"name": "margin", "kind": "integer", "default": "0"}

# name, what its rows are, SQL, own parameters, period of its report
SHOWN: tuple[tuple[str, str, str, list[dict[str, str]], PeriodChoice], ...] = (
    ("Daily sales", "Orders, pieces and sales, a row a day.", DAILY_SALES, [], PeriodChoice.LAST_7_DAYS),
    ("Sales by person", "Orders and sales of each sales person.", SALES_BY_PERSON, [], PeriodChoice.YESTERDAY),
    (
        "Stock that runs out",
        "Products of which fewer are left than should be. margin: how many pieces earlier they are shown.",
        RUNS_OUT,
        [MARGIN],
        PeriodChoice.YESTERDAY,
    ),
)

# The sections of these reports; one table with all columns where nothing is said.
SECTIONS: dict[str, list[dict[str, Any]]] = {
    "Daily sales": [
        {"kind": SectionKind.LINE, "title": "Sales by day", "columns": [{"name": "Day"}, {"name": "Sales"}]},
        {
            "title": "Day by day",
            "columns": [
                {"name": "Day"},
                {"name": "Orders", "total": "sum", "is_compared": True},
                {"name": "Pieces", "total": "sum"},
                {"name": "Sales", "format": "hundredths", "total": "sum", "is_compared": True},
            ],
        },
    ],
    "Sales by person": [
        {
            "columns": [
                {"name": "Sales person"},
                {"name": "Orders", "total": "sum"},
                {"name": "Sales", "format": "hundredths", "total": "sum"},
                {"name": "Largest order", "format": "hundredths", "total": "highest"},
            ]
        }
    ],
}

# Of no interest where no row is left.
SKIPPED_IF_EMPTY = {"Stock that runs out"}

RECIPIENT = "alex@example.com"


def _shop() -> ReportDatabase | None:
    """The demo's database; None where the operator has named another one so, or none."""
    database: ReportDatabase | None = settings.REPORT_DATABASES.get("SHOP")
    return database if database and database.is_demo else None


def load(owner: User, now: datetime, due_since: Callable[[Report], datetime]) -> None:
    """Write the shop and make what is not there yet; what is there stays as it is."""
    shop = _shop()
    if shop is None:
        return
    _write(shop, now)
    recipient = Recipient.objects.filter(address__iexact=RECIPIENT).first()
    for name, description, sql, parameters, period in SHOWN:
        query = Query.objects.filter(name=name).first()
        if query is None:
            query = Query(name=name, description=description, database=shop.name, sql=sql, parameters=parameters)
            query.created_by = query.changed_by = query._history_user = owner  # type: ignore[attr-defined]
            query.save()
        if Report.objects.filter(name=name).exists():
            continue
        report = Report(name=name, owner=owner, zone=settings.TIME_ZONE, period=period)
        report.skip_if_empty = name in SKIPPED_IF_EMPTY
        report.next_due_at = due_since(report)
        report.save()
        for position, section in enumerate(SECTIONS.get(name, [{}]), start=1):
            ReportSection.objects.create(report=report, position=position, dataset=query.dataset_key, **section)
        if recipient is not None:
            Subscription.objects.create(report=report, recipient=recipient)
            _make_last_week(report, owner, now)


def _make_last_week(report: Report, owner: User, now: datetime) -> None:
    """The editions of the seven days before the first that is due, as if the report had been there then."""
    day = (report.next_due_at or now).astimezone(ZoneInfo(report.zone)).date()
    first, last = day - timedelta(days=7), day - timedelta(days=1)
    reason = _("The week before the demo began.")
    keys = [past.slot.key for past in control.past_slots(report, first, last, now) if not past.obstacle]
    control.backfill(report, keys, owner, reason, now, first=first, last=last, at_once=False)


def keep_up(now: datetime) -> None:
    """Add the days that are missing; a shop that somebody removed does not come back."""
    shop = _shop()
    if shop is None or not shop.is_there:
        return
    try:
        _write(shop, now)
    except sqlite3.Error as error:  # a demo that is broken must not keep a site from starting
        logger.warning("The demo's shop %s cannot be written: %s", shop.database, error)


def _write(shop: ReportDatabase, now: datetime) -> None:
    write_shop(Path(shop.database), now.astimezone(ZoneInfo(settings.TIME_ZONE)).date())
