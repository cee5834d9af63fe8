"""The limit of mails per minute is one for all processes together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from multiprocessing.synchronize import Barrier

import pytest
from django.conf import settings

from reporter.clock import Clock
from reporter.pace import Pace
from tests import migrated
from tests.jobs.core.processes import place_at
from tests.jobs.core.racers import RACERS, Racers
from tests.reporter.conftest import EIGHT

MAILS = 5  # of each process
PER_MINUTE = 600


class Still(Clock):
    """It stands, so that the moments of all processes can be compared."""

    def elapsed(self) -> float:
        return 0.0


def take_moments(barrier: Barrier, number: int, start: datetime) -> list[float]:
    """For how many seconds each mail would have to wait."""
    settings.REPORT_MAILS_PER_MINUTE = PER_MINUTE
    waited: list[float] = []
    pace = Pace(Still(start, budget=60), sleep=waited.append)
    barrier.wait()
    for _mail in range(MAILS):
        assert pace.wait()
    return waited


@pytest.fixture(params=["sqlite", "postgres"])
def racers(request: pytest.FixtureRequest, clean_environment: dict[str, str]) -> Iterator[Racers]:
    with ExitStack() as stack:
        url = stack.enter_context(migrated.postgres_copy()) if request.param == "postgres" else ""
        place = stack.enter_context(place_at(clean_environment, url))
        racers = Racers(place.environment)
        stack.callback(racers.close)
        yield racers


def test_eight_processes_share_the_mails_of_a_minute(racers: Racers) -> None:
    waited = [seconds for of_one in racers.race(take_moments, EIGHT) for seconds in of_one]
    following = [number * 60 / PER_MINUTE for number in range(1, RACERS * MAILS)]  # the first goes at once
    assert sorted(waited) == pytest.approx(following)
