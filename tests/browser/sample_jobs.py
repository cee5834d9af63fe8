"""Jobs that the site of the browser tests has beside the demo's; they run when somebody asks for it."""

from __future__ import annotations

import time

from django_cron import CronJobBase, Schedule


class Counting(CronJobBase):
    """Takes some four seconds: the page asks every two."""

    code = "shop.counting"
    schedule = Schedule()
    last = 10

    def do(self) -> str:
        for number in range(1, self.last + 1):
            print(f"counting <b>{number}</b>", flush=True)
            self.progress(number, self.last, "numbers")  # type: ignore[attr-defined]
            time.sleep(0.4)
        return f"counted to {self.last}"


class CountingOn(Counting):
    """Takes longer than any test."""

    code = "shop.counting_on"
    last = 10_000
