"""Each thing that can be done takes a permission of its own; looking at a page changes nothing.

Without the permission the control is not shown and the address answers 403.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import serializers
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Pause, Run, RunStatus
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

# Page, what it is opened for, and the permission that it takes beside that to see.
PAGES = [
    ("jobs_job_run_now", {"job": "job"}, "run_job"),
    ("jobs_job_run_now", {"job": "locked"}, "run_job"),
    ("jobs_job_pause", {"job": "job"}, "pause_job"),
    ("jobs_job_pause", {"job": "all"}, "pause_job"),
    ("jobs_job_resume", {"job": "paused"}, "pause_job"),
    ("jobs_job_resume", {"job": "all"}, "pause_job"),
    ("jobs_job_clear_lock", {"job": "locked"}, "clear_lock"),
    ("jobs_run_cancel", {"run": "running"}, "cancel_run"),
    ("jobs_run_cancel", {"run": "queued"}, "cancel_run"),
    ("jobs_run_again", {"run": "ended"}, "run_job"),
]

# The permission, and what its controls and actions lead to: looked for in all pages.
CONTROLS = {
    "run_job": ("run-now/", "run-again/", 'value="run_now"', 'value="run_again"'),
    "pause_job": ("job/pause/", "job/resume/", 'value="pause"', 'value="resume"'),
    "cancel_run": ("run/cancel/", 'value="cancel"', 'value="cancel_runs"'),
    "clear_lock": ("clear-lock/", 'value="clear_lock"'),
    "change_job": ('name="max_retries"', 'name="_save"', "field-reason"),
    "export_log": ("cronjoblog/export/",),
}


@pytest.fixture
def rows() -> dict[str, Any]:
    """Jobs and runs in every state that something can be done about."""
    Job.objects.all().delete()
    now = timezone.now()
    names = ("job", "paused", "locked", "busy")
    jobs = {
        name: Job.objects.create(code=f"shop.{name}", class_path=f"shop.{name}", is_listed=True, next_due_at=now)
        for name in names
    }
    control.pause(jobs["paused"], now, reason="x")
    ended, running, died = control.run_now(jobs["job"], now), control.run_now(jobs["busy"], now), None
    for run in (ended, running):
        assert lifecycle.start(run, Holder("host-a", 77, 78))
    assert lifecycle.finish(ended, Outcome(RunStatus.FAILED, "oops"))
    died = control.run_now(jobs["locked"], now)
    assert lifecycle.start(died, Holder("host-a", 77, 78))
    Lease.objects.filter(run=died).update(expires_at=now - timedelta(hours=1))
    queued = control.run_now(jobs["job"], now)
    return jobs | {"ended": ended, "running": running, "died": died, "queued": queued}


def asked_for(rows: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {kind: rows[name].pk if name in rows else name for kind, name in names.items()}


def stored() -> str:
    """All that a person could have changed; signs of life are not."""
    models = (Job, Run, Lease, Pause, LogEntry)
    return "\n".join(serializers.serialize("json", model._default_manager.order_by("pk")) for model in models)


def pages(rows: dict[str, Any]) -> Iterable[str]:
    yield reverse("admin:index")
    yield from (reverse(f"admin:{name}_changelist") for name in ("jobs_job", "jobs_run", "django_cron_cronjoblog"))
    yield from (reverse("admin:jobs_job_change", args=[rows[name].pk]) for name in ("paused", "locked"))
    yield from (reverse("admin:jobs_run_change", args=[rows[name].pk]) for name in ("ended", "running"))


def texts(client: Client, rows: dict[str, Any]) -> str:
    return "\n".join(client.get(url).content.decode() for url in pages(rows))


def may(client: Client, user: User, *codenames: str) -> None:
    """The person may see everything, and what ``codenames`` say."""
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)


@pytest.fixture
def client() -> Client:
    return logged_in("Viewer", name="ann")


def test_each_address_takes_its_permission_and_that_to_see(rows: dict[str, Any], client: Client) -> None:
    ann = User.objects.get(username="ann")
    others = {name: [other for other in CONTROLS if other != name] for name in CONTROLS}
    before = stored()
    for page, names, permission in PAGES:
        url, query = reverse(f"admin:{page}"), asked_for(rows, names)
        may(client, ann, *others[permission])
        assert client.get(url, query).status_code == 403, page
        assert client.post(url, query | {"reason": "x"}).status_code == 403, page
        may(client, ann, permission)
        assert client.get(url, query).status_code == 200, page
    assert stored() == before
    ann.groups.clear()
    may(client, ann, *(set(CONTROLS) - {"change_job"}))  # who may change may see
    for page, names, _permission in PAGES:
        assert client.get(reverse(f"admin:{page}"), asked_for(rows, names)).status_code == 403, page


def test_who_may_not_is_not_shown_what_they_may_not(rows: dict[str, Any], client: Client) -> None:
    ann = User.objects.get(username="ann")
    may(client, ann)
    seen = texts(client, rows)
    assert [control for controls in CONTROLS.values() for control in controls if control in seen] == []
    for permission, controls in CONTROLS.items():
        may(client, ann, permission)
        seen = texts(client, rows)
        assert [control for control in controls if control not in seen] == [], permission
        foreign = {control for other, controls in CONTROLS.items() if other != permission for control in controls}
        assert [control for control in foreign if control in seen] == [], permission


def test_an_action_of_a_list_takes_its_permission_too(rows: dict[str, Any], client: Client) -> None:
    before = stored()
    for name, row, actions in (
        ("jobs_job", "busy", ("run_now", "cancel", "pause", "resume", "clear_lock")),
        ("jobs_run", "running", ("cancel_runs", "run_again")),
        ("jobs_lease", "", ("clear_lock",)),
    ):
        key = rows[row].pk if row else Lease.objects.latest("pk").pk
        for action in actions:
            answer = client.post(reverse(f"admin:{name}_changelist"), {"action": action, "_selected_action": [key]})
            assert "=" not in answer.get("Location", ""), f"{action} leads nowhere"
    assert stored() == before


def test_looking_changes_nothing(rows: dict[str, Any], client: Client) -> None:
    may(client, User.objects.get(username="ann"), *CONTROLS, "force_clear_lock")
    before = stored()
    texts(client, rows)
    for page, names, _permission in PAGES:
        query = asked_for(rows, names) | {"reason": "x", "force": "on", "dry_run": "on", "how_long": "tomorrow"}
        assert client.get(reverse(f"admin:{page}"), query).status_code == 200
    client.get(reverse("admin:jobs_run_watch", args=[rows["running"].pk]))
    assert stored() == before


def test_a_form_from_elsewhere_is_refused(rows: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    before = stored()
    for page, names, _permission in PAGES:
        answer = client.post(reverse(f"admin:{page}"), asked_for(rows, names) | {"reason": "x"})
        assert answer.status_code == 403, page
    assert stored() == before
