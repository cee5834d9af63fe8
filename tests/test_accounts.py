"""Users and groups in the browser, in the reader's language."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

pytestmark = pytest.mark.django_db

SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", password="x")


@pytest.fixture
def staff(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def page(client: Client, address: str, language: str = "zh-hans") -> str:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return re.sub(r"<(script|style)\b.*?</\1>", "", unescape(answer.content.decode()), flags=re.DOTALL)


def options(text: str) -> list[str]:
    return re.findall(r"<option[^>]*>([^<]* \| [^<]*)</option>", text)


def test_no_page_of_users_and_groups_has_an_english_sentence_in_chinese(staff: Client, root: User) -> None:
    group = Group.objects.create(name="夜班")
    permission = Permission.objects.get(codename="run_job")
    group.permissions.add(permission)
    root.groups.add(group)
    root.user_permissions.add(permission)
    addresses = [reverse("admin:password_change"), reverse("admin:auth_user_password_change", args=[root.pk])]
    for model, pk in (("user", root.pk), ("group", group.pk)):
        addresses += [reverse(f"admin:auth_{model}_{name}") for name in ("changelist", "add")]
        addresses += [reverse(f"admin:auth_{model}_{name}", args=[pk]) for name in ("change", "delete", "history")]
    for address in addresses:
        words = re.sub(r"<[^>]*>", "\n", page(staff, address))
        assert SENTENCE.findall(words) == [], address


def test_permissions_are_chosen_by_their_names_in_the_readers_language(staff: Client, root: User) -> None:
    for address in (reverse("admin:auth_group_add"), reverse("admin:auth_user_change", args=[root.pk])):
        english = options(page(staff, address, "en"))
        assert len(english) == Permission.objects.count()
        assert {"Scheduled jobs | job | Can add job", "Scheduled jobs | job | Can run a job now"} <= set(english)
        chinese = options(page(staff, address))
        assert len(chinese) == len(english)
        assert [name for name in chinese if "Can " in name] == []
        assert any(name.endswith("| 可以立即运行任务") for name in chinese)


def test_roles_are_named_in_the_readers_language_and_other_groups_as_people_called_them(
    staff: Client, root: User
) -> None:
    Group.objects.create(name="Home")  # a word that there is a translation for
    root.groups.set(Group.objects.all())  # or else the list of users offers no filter by group
    lists = [reverse(f"admin:auth_{model}_changelist") for model in ("group", "user")]
    for address in (*lists, reverse("admin:auth_user_change", args=[root.pk])):
        text = page(staff, address)
        assert re.search(r">\s*任务管理员\s*<", text), address
        assert re.search(r">\s*Home\s*<", text), address
        assert "Job manager" not in text
    role = Group.objects.get(name="Job manager")
    assert 'value="Job manager"' in page(staff, reverse("admin:auth_group_change", args=[role.pk]))


def test_what_goes_with_a_group_is_named_before_it_is_deleted(staff: Client, root: User) -> None:
    group = Group.objects.create(name="Night shift")
    group.permissions.add(Permission.objects.get(codename="run_job"))
    root.groups.add(group)
    text = page(staff, reverse("admin:auth_group_delete", args=[group.pk]), "en")
    assert "Permission: Can run a job now" in text
    assert "Membership: Night shift → root" in text
    assert " object (" not in text


def test_choosing_permissions_costs_the_same_however_many_there_are(staff: Client) -> None:
    address = reverse("admin:auth_group_add")
    page(staff, address)
    with CaptureQueriesContext(connection) as queries:
        page(staff, address)
    assert len(queries) <= 5


def test_whose_password_is_switched_off_is_warned_before_it_is_lost(staff: Client, root: User) -> None:
    text = page(staff, reverse("admin:auth_user_password_change", args=[root.pk]), "en")
    assert 'id="id_unusable_warning"' in text  # Django's script shows it and hides it
    assert "the current password for this user will be lost" in text
