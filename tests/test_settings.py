"""The suite stays away from the developer's data, and what a test starts finds the test's database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from tests.conftest import ROOT


def test_data_are_in_a_folder_of_this_process_alone() -> None:
    data = Path(settings.DATA_DIR)
    assert not data.is_relative_to(ROOT)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_a_test_starts_meets_the_tests_database() -> None:
    User.objects.create_user("met")
    program = "import django; django.setup(); from django.contrib.auth.models import User; print(User.objects.get())"

    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (result.stdout.strip(), result.stderr) == ("met", "")


@pytest.mark.django_db
def test_sqlite_is_a_file_in_wal_mode_as_in_production() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the suite runs on another database")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
