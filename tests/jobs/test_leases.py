"""What a lease promises on its own, without processes."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.jobs.models import Lease

pytestmark = pytest.mark.django_db


def test_a_sign_of_life_is_for_ones_own_leases_alone() -> None:
    """Else a scheduler that lives would keep the locks of one that died."""
    ours, theirs = (
        Lease.objects.create(key=key, token=uuid.uuid4(), expires_at=timezone.now() + timedelta(seconds=1))
        for key in ("ours", "theirs")
    )
    taken_over = uuid.uuid4()
    assert ours.token
    assert Lease.objects.renew([ours.token, taken_over]) == {ours.token}
    assert Lease.objects.get(key="theirs").expires_at == theirs.expires_at
    assert Lease.objects.get(key="ours").expires_at > ours.expires_at  # type: ignore[operator]
