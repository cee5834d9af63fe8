"""People who do things in the browser."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User
from django.test import Client


def person(role: str, *permissions: str, name: str = "") -> User:
    """Staff with a role and, by codename, further permissions."""
    user = User.objects.create_user(name or role.replace(" ", "-").lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return user


def logged_in(role: str, *permissions: str, name: str = "") -> Client:
    client = Client()
    client.force_login(person(role, *permissions, name=name))
    return client
