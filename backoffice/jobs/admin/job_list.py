"""The list of jobs with what is asked once for all jobs of a page, instead of for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from backoffice.jobs.admin import pauses
from backoffice.jobs.admin.base import user_of
from backoffice.jobs.models import Job, Pause
from backoffice.jobs.recent import Recent, recent


@dataclass(frozen=True)
class LookedAt:
    """What there is to know about a job beside its row, at one moment, for one person."""

    now: datetime
    overall: Pause | None  # that of all jobs
    lately: Recent
    user: User


def looked_at(job: Job) -> LookedAt:
    return cast(LookedAt, cast(Any, job).looked_at)


class JobList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        jobs: list[Any] = list(self.result_list)
        now = timezone.now()
        lately, overall = recent([job.pk for job in jobs]), pauses.of_all(now)
        for job in jobs:
            job.looked_at = LookedAt(now, overall, lately[job.pk], user_of(request))
        self.result_list = cast(Any, jobs)
