"""Roles: what each may do, and that a migrate keeps them up to date without taking anything away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from backoffice.roles import ROLES, sync_roles
from tests.conftest import ManagePy

pytestmark = pytest.mark.django_db


def person(role: str) -> User:
    user = User.objects.create_user(role.replace(" ", "-").lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def ours() -> list[type]:
    labels = ("jobs", "django_cron", "reporter")
    return [model for label in labels for model in apps.get_app_config(label).get_models()]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_everything(role: str) -> None:
    user = person(role)
    unseen = [model for model in ours() if not user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")]
    assert unseen == []


def test_who_may_run_jobs_and_who_may_edit_reports() -> None:
    viewer, manager, editor = person("Viewer"), person("Job manager"), person("Report editor")
    assert [user.has_perm("jobs.run_job") for user in (viewer, manager, editor)] == [False, True, False]
    assert [user.has_perm("jobs.change_job") for user in (viewer, manager, editor)] == [False, True, False]
    assert [user.has_perm("reporter.change_report") for user in (viewer, manager, editor)] == [False, False, True]
    assert [user.has_perm("reporter.delete_subscription") for user in (viewer, manager, editor)] == [False, False, True]


def test_nobody_but_a_superuser_may_change_what_the_machine_has_written() -> None:
    machine_written = ("run", "lease", "cronjoblog", "cronjoblock", "edition", "delivery")
    for role in ROLES:
        granted = person(role).get_all_permissions()
        changing = {f"jobs.{verb}_{model}" for verb in ("add", "change", "delete") for model in machine_written}
        assert not {name for name in granted if f"jobs.{name.split('.')[1]}" in changing}


def test_every_permission_in_the_table_exists() -> None:
    there = {f"{label}.{code}" for label, code in Permission.objects.values_list("content_type__app_label", "codename")}
    assert {name for wanted in ROLES.values() for name in wanted} <= there


def test_what_was_added_by_hand_stays_and_what_is_missing_comes_back() -> None:
    viewer = Group.objects.get(name="Viewer")
    extra = Permission.objects.get(codename="run_job")
    viewer.permissions.add(extra)
    viewer.permissions.remove(Permission.objects.get(codename="view_job"))
    assert sync_roles() == 1
    assert extra in viewer.permissions.all()
    assert viewer.permissions.filter(codename="view_job").exists()


def test_a_second_sync_gives_nothing() -> None:
    Group.objects.all().delete()
    out = StringIO()
    call_command("sync_roles", stdout=out)
    assert f"given: {sum(map(len, ROLES.values()))}" in out.getvalue()
    assert sync_roles() == 0
    assert Group.objects.count() == len(ROLES)


@pytest.mark.parametrize("app", ["django_cron", "jobs", "auth"])
def test_one_app_alone_can_be_migrated_on_an_empty_database(
    manage: ManagePy, clean_environment: dict[str, str], app: str
) -> None:
    manage("migrate", app)
    manage("migrate")
    with closing(sqlite3.connect(Path(clean_environment["DATA_DIR"], "db.sqlite3"))) as connection:
        assert connection.execute("SELECT count(*) FROM auth_group").fetchone() == (len(ROLES),)
