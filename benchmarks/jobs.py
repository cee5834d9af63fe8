"""Ten jobs that do nothing, once a day."""

from __future__ import annotations

from django_cron import CronJobBase, Schedule


class Job0(CronJobBase):
    schedule = Schedule(run_every_mins=24 * 60)
    code = "benchmarks.job0"

    def do(self) -> None:
        return None


for _n in range(1, 10):
    globals()[f"Job{_n}"] = type(f"Job{_n}", (Job0,), {"code": f"benchmarks.job{_n}"})
