"""Owns running jobs: their child processes, signs of life, time limits, and how each of them ended.

A supervisor lives in a scheduler's process (``cronloop``, ``runcrons``). It never runs a job itself, so that a
job which holds the interpreter cannot keep it from renewing its leases. ``step()`` does one round and returns.
"""

from __future__ import annotations

import logging
import os
import queue
import socket

from django.conf import settings

from backoffice.jobs import lifecycle
from backoffice.jobs.assignment import Assignment
from backoffice.jobs.clock import ClockIsOff, checked_now, steady_seconds
from backoffice.jobs.following import ask_cancelled_to_stop, write_news
from backoffice.jobs.heartbeat import heartbeat_seconds
from backoffice.jobs.lifecycle import Holder
from backoffice.jobs.models import Lease, Run, RunStatus
from backoffice.jobs.models.lease import startable_runs
from backoffice.jobs.pool import Child, Event, Sink
from backoffice.jobs.tolerance import tolerated

logger = logging.getLogger(__name__)

# Seconds between looks: into the queue, at what runs have told, and whether they are to stop.
LOOK_SECONDS = 1.0

# Seconds that a job which was asked to stop has for it; then its process is ended.
STOP_GRACE_SECONDS = 10.0

# Seconds between looks at a clock that was found wrong.
CLOCK_SECONDS = 30.0

# Seconds after which a run that is still going makes room for one more child.
LONG_RUN_SECONDS = 60.0

# Seconds in which killed children have to be gone, and their runs written, when a supervisor closes.
KILL_SECONDS = 3.0


class Supervisor:
    """``only`` limits it to runs with these ids; otherwise it takes whatever is queued."""

    def __init__(self, sink: Sink, only: set[int] | None = None) -> None:
        self._sink = sink
        self._only = only
        self._events: queue.Queue[Event] = queue.Queue()
        self._assignments: dict[Child, Assignment] = {}
        self._idle: list[Child] = []
        self._host = socket.gethostname()
        self._next_look = self._next_beat = steady_seconds()
        self._is_closing = False
        self._is_cut_off = False  # the database did not take the last sign of life
        self._has_warned_of_full_pool = False

    @property
    def is_busy(self) -> bool:
        return bool(self._assignments)

    def step(self, wait: float) -> None:
        """One round: end what must end, renew the leases, start what is queued, take in what children say.

        Waits up to ``wait`` seconds for a child to say something.
        """
        self._end_overdue()
        if steady_seconds() >= self._next_beat:
            self._renew()
        self._write_outcomes()
        if steady_seconds() >= self._next_look:
            self._next_look = steady_seconds() + LOOK_SECONDS
            self._start_queued()
            self._follow()
        self._take_in_events(wait)
        self._write_outcomes()

    def look_now(self) -> None:
        """Look into the queue with the next step: something has been put there."""
        self._next_look = steady_seconds()

    def close(self, grace: float) -> None:
        """Start nothing more, wait ``grace`` seconds for what runs, end the rest and say so in its log."""
        self._is_closing = True
        for child in self._idle:
            child.dismiss()
        until = steady_seconds() + grace
        while self._assignments and steady_seconds() < until:
            self.step(0.2)
        for assignment in self._assignments.values():
            if assignment.outcome is None:
                assignment.end_with_scheduler()
        until = steady_seconds() + KILL_SECONDS
        while self._assignments and steady_seconds() < until:
            self.step(0.1)
        for assignment in self._assignments.values():
            logger.error("%s: how run %s ended could not be written", assignment.run.job.code, assignment.run.pk)
        for child in self._idle:
            child.wait(max(0.0, until - steady_seconds()))
            child.kill()
        self._idle.clear()

    # --- One round's parts ---

    def _end_overdue(self) -> None:
        """End runs past their time limit, and those whose lease may run out before it can be renewed."""
        for assignment in self._assignments.values():
            if assignment.outcome:
                continue
            if assignment.is_overdue:
                assignment.end(RunStatus.INTERRUPTED, assignment.not_renewed())
            elif assignment.stop:
                assignment.end_if_deaf(STOP_GRACE_SECONDS)
            else:
                assignment.keep_to_its_time()

    def _renew(self) -> None:
        """Give the sign of life; soon again, and before anything else is tried, if the database did not take it."""
        asked_at = steady_seconds()
        self._next_beat = asked_at + min(LOOK_SECONDS, heartbeat_seconds())
        tokens = {a.run.token: a for a in self._assignments.values() if a.run.token}
        self._is_cut_off = bool(tokens)
        if not tokens:
            return
        with tolerated("renew leases"):
            held = Lease.objects.renew(tokens)
            self._next_beat = asked_at + heartbeat_seconds()
            self._is_cut_off = False
            for token, assignment in tokens.items():
                if token in held:
                    assignment.renewed = asked_at
                    assignment.child.reassure(asked_at)
                else:  # taken over, or cleared by a person: what it does now may not count
                    logger.warning("%s: run %s lost its lease", assignment.run.job.code, assignment.run.pk)
                    assignment.child.kill()

    def _follow(self) -> None:
        """Write what runs have told, and ask those to stop that people have cancelled.

        What the database does not take now is tried again with the next look. Signs of life and how runs end come
        first: they are tried all the same.
        """
        if self._is_cut_off:
            return
        with tolerated("write what runs have told"):
            write_news(self._assignments.values())
            ask_cancelled_to_stop(self._assignments.values())

    def _start_queued(self) -> None:
        room = self._room()
        if room <= 0 or self._is_cut_off or self._is_closing:
            return
        runs: list[Run] = []
        with tolerated("read the queue"):
            queued = startable_runs().select_related("job")
            if self._only is not None:
                queued = queued.filter(pk__in=self._only)
            runs = list(queued[:room])
            if runs and not self._is_clock_right():
                return
        for run in _first_of_those_that_wait(runs):
            with tolerated(f"start run {run.pk}"):  # one that cannot be started holds up no other
                self._start(run)

    def _is_clock_right(self) -> bool:
        """Say it if not, and look again in a while: others may start what is queued."""
        try:
            checked_now()
        except ClockIsOff as error:
            logger.error("%s", error)
            self._next_look = steady_seconds() + CLOCK_SECONDS
            return False
        return True

    def _room(self) -> int:
        """How many more runs may start: as many as the pool has, and one for each that may be hanging."""
        now = steady_seconds()
        long_runs = [a for a in self._assignments.values() if now - a.started > LONG_RUN_SECONDS]
        most = min(settings.JOBS_POOL_SIZE + len(long_runs), settings.JOBS_POOL_MAX)
        if len(long_runs) >= settings.JOBS_POOL_SIZE and not self._has_warned_of_full_pool:
            codes = ", ".join(sorted(a.run.job.code for a in long_runs))
            logger.warning("All %d places are taken by long runs (%s)", settings.JOBS_POOL_SIZE, codes)
        self._has_warned_of_full_pool = len(long_runs) >= settings.JOBS_POOL_SIZE
        return most - len(self._assignments)

    def _start(self, run: Run) -> None:
        if run.job.problem:
            lifecycle.fail_queued(run, run.job.problem)
            return
        child = self._take_idle() or Child(self._events, self._sink)
        asked_at = steady_seconds()
        is_ours = False
        try:
            is_ours = lifecycle.start(run, Holder(self._host, os.getpid(), child.pid))
        finally:
            if not is_ours:
                self._idle.append(child)
        if not is_ours:
            return
        self._assignments[child] = Assignment(run, child, started=asked_at, renewed=asked_at)
        child.run(run.pk, run.job.class_path, asked_at, is_dry_run=run.is_dry_run)

    def _take_idle(self) -> Child | None:
        """A child that waits for work, unless it was killed over that."""
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
        return None

    def _take_in_events(self, wait: float) -> None:
        try:
            event = self._events.get(timeout=wait)
            while True:
                self._take_in(event)
                event = self._events.get_nowait()
        except queue.Empty:
            return

    def _take_in(self, event: Event) -> None:
        assignment = self._assignments.get(event.child)
        if event.answer is None and event.child in self._idle:
            self._idle.remove(event.child)
        if assignment is None:
            return
        if event.answer is None:
            assignment.is_dying = False
        if assignment.outcome:
            return
        if event.answer is None:
            assignment.take_in_death(event.exit_code)
        elif event.answer["run"] == assignment.run.pk:
            assignment.take_in_answer(event.answer)

    def _write_outcomes(self) -> None:
        """Write what is known; what the database does not take now is tried again with the next step."""
        known = [a for a in self._assignments.values() if a.outcome and not a.is_dying]
        for assignment in known:
            if self._is_cut_off:
                return
            self._is_cut_off = True
            with tolerated("write how a run ended"):
                self._write(assignment)
                self._is_cut_off = False
            del self._assignments[assignment.child]
            if self._is_cut_off:  # the next sign of life tells whether it is worth another try, others first
                self._assignments[assignment.child] = assignment
                self._next_beat = steady_seconds() + LOOK_SECONDS
            else:
                self._release(assignment)
                self._next_look = steady_seconds()

    @staticmethod
    def _write(assignment: Assignment) -> None:
        run, outcome = assignment.run, assignment.outcome
        assert outcome is not None
        if outcome.status == RunStatus.SKIPPED:
            lifecycle.abandon_start(run, outcome.message)
        elif not lifecycle.finish(run, outcome, assignment.news()):
            logger.warning("%s: run %s was taken over; its end is not recorded", run.job.code, run.pk)

    def _release(self, assignment: Assignment) -> None:
        """Keep a child that is still of use. What a job that was stopped has left behind goes with its process."""
        child = assignment.child
        is_wanted = not (self._is_closing or assignment.stop) and len(self._idle) < settings.JOBS_POOL_SIZE
        if is_wanted and child.is_alive and not child.is_worn_out:
            self._idle.append(child)
        else:
            child.dismiss()


def _first_of_those_that_wait(runs: list[Run]) -> list[Run]:
    """Without those whose turn comes after another of these."""
    met: set[int] = set()
    first = []
    for run in runs:
        if not (run.waits_its_turn and run.job_id in met):
            first.append(run)
        met.add(run.job_id)
    return first
