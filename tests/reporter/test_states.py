"""Only the changes in the tables are possible."""

from __future__ import annotations

import pytest

from reporter.models import Delivery, DeliveryState, Edition, EditionState
from reporter.models.states import IllegalChange
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


def test_an_illegal_change_raises(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    with pytest.raises(IllegalChange):
        Delivery.objects.all().change(DeliveryState.SENT, DeliveryState.PENDING)
    with pytest.raises(IllegalChange):
        Delivery.objects.all().change(DeliveryState.UNKNOWN, DeliveryState.PENDING)
    with pytest.raises(IllegalChange):
        Edition.objects.all().change(EditionState.BUILT, EditionState.PENDING)


def test_a_change_touches_only_rows_in_the_old_state(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    assert Delivery.objects.all().change(DeliveryState.PENDING, DeliveryState.SENDING) == 0
    assert Delivery.objects.get().state == DeliveryState.SENT
