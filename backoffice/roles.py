"""Roles: groups of staff and what they may do. A role is given to a person in the browser, under Users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.utils.translation import gettext_noop

SEE = {
    "jobs.view_job",
    "jobs.view_run",
    "jobs.view_runoutput",
    "jobs.view_lease",
    "jobs.view_pause",
    "jobs.view_schedulerprocess",
    "jobs.view_jobtimetablechange",
    "django_cron.view_cronjoblog",
    "django_cron.view_cronjoblock",
    "reporter.view_report",
    "reporter.view_reportsection",
    "reporter.view_query",
    "reporter.view_historicalquery",
    "reporter.view_recipient",
    "reporter.view_recipientgroup",
    "reporter.view_tag",
    "reporter.view_subscription",
    "reporter.view_groupsubscription",
    "reporter.view_edition",
    "reporter.view_editionfile",
    "reporter.view_delivery",
    "reporter.view_reporttimetablechange",
}

# Not among them: jobs.force_clear_lock, which takes the lock from a run that lives. It is given person by person.
MANAGE_JOBS = {
    "jobs.run_job",
    "jobs.cancel_run",
    "jobs.pause_job",
    "jobs.change_job",
    "jobs.clear_lock",
    "jobs.export_log",
    "jobs.reschedule_job",
}

EDIT_REPORTS = {
    f"reporter.{action}_{model}"
    for action in ("add", "change", "delete")
    for model in ("report", "reportsection", "recipient", "recipientgroup", "tag", "subscription", "groupsubscription")
} | {
    f"reporter.{action}"
    for action in (
        *("send_report", "preview_report", "test_report", "backfill_report", "correct_edition", "hold_edition"),
        *("resend_delivery", "export_deliveries"),
        *("use_sql", "import_recipients", "export_recipients", "hand_over_recipient"),
    )
}

# Kept apart from editing, so that two people look at what goes out.
# With the sight of what SQL says: who approves has to see it.
APPROVE = {"reporter.approve_edition", "reporter.hold_edition", "reporter.preview_report", "reporter.use_sql"}

# Beside the role of an editor, or alone: whoever writes SQL reads what the operator's databases let them.
WRITE_SQL = {"reporter.write_sql", "reporter.use_sql"}

# By the names that the database keeps. Readers see them in their language: backoffice/admin.py.
ROLES = {
    gettext_noop("Viewer"): SEE,
    gettext_noop("Job manager"): SEE | MANAGE_JOBS,
    gettext_noop("Report editor"): SEE | EDIT_REPORTS,
    gettext_noop("Report approver"): SEE | APPROVE,
    gettext_noop("SQL author"): SEE | WRITE_SQL,
}


def sync_roles(apps: Apps = current_apps, app_labels: Iterable[str] = ("jobs", "django_cron", "reporter")) -> int:
    """Give each role what it lacks; the number of permissions that were given.

    What somebody added to a role by hand stays. ``apps`` knows the tables that there are: in the middle of
    migrations that may not be all of them.
    """
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    given = 0
    for role, wanted in ROLES.items():
        names = (name.split(".") for name in wanted)
        condition = Q(pk__in=[])
        for label, codename in names:
            if label in app_labels:
                condition |= Q(content_type__app_label=label, codename=codename)
        group, _created = group_model.objects.get_or_create(name=role)
        missing = list(permission_model.objects.filter(condition).exclude(group=group))
        group.permissions.add(*missing)
        given += len(missing)
    return given


def sync_after_migrate(app_config: AppConfig, using: str, apps: Apps = current_apps, **kwargs: Any) -> None:
    """Bring the roles up to date with the permissions of the app that has just been migrated."""
    concerned = any(name.startswith(f"{app_config.label}.") for name in SEE)
    if using != DEFAULT_DB_ALIAS or not concerned:
        return
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # only some other app was migrated, on an empty database
        return
    # Django makes them on the same signal, but whose turn comes first is a matter of the order of apps.
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    sync_roles(apps, [app_config.label])
