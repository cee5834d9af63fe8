"""A tick with nothing due, as crontab starts it: ours, stock django-cron's, and the floor.

The floor is a process that sets Django up with the same settings and asks the database for one row.
"""

from __future__ import annotations

import statistics
import time

from benchmarks.processes import run

ROUNDS = 9

OURS = "from django.core.management import call_command; call_command('runcrons', silent=True)"
STOCK = (
    "from django.core.management import call_command; "
    "from django_cron.management.commands.runcrons import Command; call_command(Command(), silent=True)"
)
FLOOR = "from django_cron.models import CronJobLog; CronJobLog.objects.order_by('-id').first()"


def measure(sizes: list[int]) -> None:
    """Print the medians, as ratios to the floor, for each number of log rows in ``sizes``."""
    run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
    run("from django.core.management import call_command; call_command('runcrons', force=True, silent=True)")
    print("A tick with nothing due, ten jobs, whole process; medians, floor = 1\n")
    print(f"{'log rows':>10} {'floor':>8} {'ours':>8} {'stock':>8}")
    for size in sizes:
        run(_fill_to(size))
        times: dict[str, list[float]] = {FLOOR: [], OURS: [], STOCK: []}
        for _round in range(ROUNDS):
            for code, taken in times.items():
                taken.append(_timed(code))
        floor, ours, stock = (statistics.median(times[code]) for code in (FLOOR, OURS, STOCK))
        print(f"{size:>10,} {floor * 1000:>5.0f} ms {ours / floor:>8.2f} {stock / floor:>8.2f}")


def _fill_to(size: int) -> str:
    return f"""
from django.db import connection
from django_cron.models import CronJobLog
missing = {size} - CronJobLog.objects.count()
with connection.cursor() as cursor:
    cursor.execute('''
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
        INSERT INTO django_cron_cronjoblog (code, start_time, end_time, is_success, message)
        SELECT 'benchmarks.job' || (i %% 10), datetime('now', '-' || (i %% 6000) || ' minutes'),
               datetime('now', '-' || (i %% 6000) || ' minutes'), i %% 7 > 0, 'did nothing' FROM n
    ''', [max(1, missing)])
"""


def _timed(code: str) -> float:
    begin = time.perf_counter()
    run(code)
    return time.perf_counter() - begin
