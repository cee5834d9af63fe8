"""The first person who can log in: ``admin``, with a password made for this machine."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from backoffice.bootstrap import write_private_file

USERNAME = "admin"

# Random bytes in the password.
PASSWORD_BYTES = 12


def password_file() -> Path:
    return Path(settings.DATA_DIR) / "first-login.txt"


def make_admin() -> User:
    """Make the user ``admin`` of a new installation; the password stands in a file that only its owner can read."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    password_file().unlink(missing_ok=True)  # of a database that is gone
    write_private_file(password_file(), f"{USERNAME}\n{password}\n")
    return User.objects.create_superuser(USERNAME, password=password)


def known_password() -> str:
    """The password that was made here; empty once somebody has set another, or has removed the user."""
    kept = _kept_password()
    admin = User.objects.filter(username=USERNAME).first()
    return kept if kept and admin and admin.check_password(kept) else ""


def _kept_password() -> str:
    try:
        lines = password_file().read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return lines[1] if len(lines) > 1 else ""
