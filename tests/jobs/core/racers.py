"""Eight processes that do the same at the same moment, again and again: what each of them came to."""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.synchronize import Barrier
from typing import Any

RACERS = 8
ROUNDS = 50

# Seconds until a race counts as stuck.
PATIENCE = 60


class Racers:
    """They stay for one race after the other: to start them costs more than most races."""

    def __init__(self, environment: dict[str, str]) -> None:
        context = _context()
        self._results = context.Queue()
        self._tasks = [context.SimpleQueue() for _number in range(RACERS)]
        self._barrier = context.Barrier(RACERS, timeout=PATIENCE)
        self._processes = [
            context.Process(target=_racer, args=(environment, self._barrier, tasks, self._results))
            for tasks in self._tasks
        ]
        for process in self._processes:
            process.start()

    def race(self, work: Callable[..., list[Any]], *arguments: Any) -> list[list[Any]]:
        """What ``work(barrier, number, *arguments)`` returned in each of them. An error in one is an error here."""
        # Its name and not the function: its module needs Django, once that is set up.
        for number, tasks in enumerate(self._tasks):
            tasks.put((work.__module__, work.__name__, (number, *arguments)))
        found = [self._next_result() for _racer in self._processes]
        errors = [error for _result, error in found if error]
        assert not errors, "\n".join(errors)
        return [result for result, _error in found]

    def _next_result(self) -> tuple[list[Any], str]:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                result: tuple[list[Any], str] = self._results.get(timeout=0.5)
            except queue.Empty:
                codes = [process.exitcode for process in self._processes]
                assert codes == [None] * RACERS, f"a racer died: {codes}"
                assert time.monotonic() < until, "the race did not end"
            else:
                return result

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()
        self._results.close()


def _context() -> Any:
    """Forked from one process that has imported what needs no settings, where the system can."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["django.core.management", "django.db.models", "django.forms", "dotenv", __name__])
    return context


def _racer(environment: dict[str, str], barrier: Barrier, tasks: Any, results: Any) -> None:
    os.environ.update(environment)
    import django

    django.setup()
    while True:
        module, name, arguments = tasks.get()
        try:
            results.put((getattr(import_module(module), name)(barrier, *arguments), ""))
        except BaseException:
            barrier.abort()  # the others need not wait
            results.put(([], traceback.format_exc()))
