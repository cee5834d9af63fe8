"""People who look after reports in the browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client


def person(*codenames: str, name: str = "staff", **values: Any) -> User:
    """Staff with these permissions, by codename, and those to see everything of reports."""
    user = User.objects.create_user(name, is_staff=True, **values)
    seeing = [f"view_{model}" for model in ("report", "edition", "delivery", "recipient", "subscription")]
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="reporter", codename__in=[*codenames, *seeing])
    )
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
