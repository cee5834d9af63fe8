"""A run in a child's hands, and what there is to say when the child ends without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backoffice.jobs.clock import steady_seconds
from backoffice.jobs.lifecycle import News, Outcome
from backoffice.jobs.models import Run, RunStatus
from backoffice.jobs.pool import Child, patience_seconds
from backoffice.jobs.progress import Progress
from backoffice.jobs.told import gettext as _
from backoffice.jobs.told import unpack

# Signals that come from people and from the kernel's want of memory, not from the job's own code.
KILLED_FROM_OUTSIDE = {-9, -15, -2, -1}


@dataclass
class Stop:
    """A run that was asked to stop: how it will have ended then, why, and when it was asked (steady clock)."""

    status: RunStatus
    text: str
    asked_at: float


@dataclass
class Assignment:
    """Moments are of the steady clock."""

    run: Run
    child: Child
    started: float
    renewed: float
    outcome: Outcome | None = None  # known, but not written yet
    is_dying: bool = False  # killed, but not gone yet: its lease is not freed before
    stop: Stop | None = None
    _text: str = ""  # of its output, what is not written yet
    _position: int = 0
    _progress: Progress = field(default_factory=Progress)

    @property
    def is_overdue(self) -> bool:
        """Whether its lease may run out before it can be renewed."""
        return steady_seconds() - self.renewed > patience_seconds()

    def ask_to_stop(self, status: RunStatus, text: str) -> None:
        """Ask the job politely; ``text`` says why, and ``status`` how it will have ended."""
        self.stop = Stop(status, text, steady_seconds())
        self.child.ask_to_stop(self.run.pk)

    def end_if_deaf(self, grace: float) -> None:
        """End it if it was asked to stop, and has not done so within ``grace`` seconds."""
        if self.stop and steady_seconds() - self.stop.asked_at > grace:
            text = _("%(why)s (It did not stop within %(seconds)d seconds when asked to; its process was ended.)")
            self.end(self.stop.status, text % {"why": self.stop.text, "seconds": round(grace)})

    def end_with_scheduler(self) -> None:
        if self.stop:
            self.end(self.stop.status, self.stop.text)
        else:
            self.end(RunStatus.INTERRUPTED, _("Interrupted: the scheduler was stopped."))

    def keep_to_its_time(self) -> None:
        """End a run that takes longer than the code allows; ask it to stop where staff allow less."""
        job, took = self.run.job, steady_seconds() - self.started
        text = _("Stopped: it ran longer than its time limit of %(seconds)d seconds.")
        if took > job.lock_seconds:
            self.end(RunStatus.FAILED, text % {"seconds": job.lock_seconds})
        elif took > job.seconds_allowed:
            self.ask_to_stop(RunStatus.FAILED, text % {"seconds": job.seconds_allowed})

    def end(self, status: RunStatus, text: str) -> None:
        """Kill the child; ``text`` says why, and the log shows what it printed last."""
        self.outcome = self._outcome(status, text)
        self.is_dying = True
        self.child.kill()

    def take_in_answer(self, answer: dict[str, Any]) -> None:
        """A job that had ended before it could be asked to stop has ended as it says."""
        if self.stop and answer["is_stopped"]:
            self.outcome = Outcome(self.stop.status, f"{self.stop.text}\n{answer['message']}".rstrip(), self.stop.text)
        else:
            self.outcome = Outcome(RunStatus(answer["status"]), answer["message"], unpack(answer["summary"]))

    def take_in_death(self, exit_code: int) -> None:
        """The child is gone without an answer."""
        if self.stop:
            self.outcome = self._outcome(self.stop.status, self.stop.text)
        elif exit_code in KILLED_FROM_OUTSIDE and self.is_overdue:  # it lost patience before its supervisor did
            self.outcome = self._outcome(RunStatus.INTERRUPTED, self.not_renewed())
        elif exit_code in KILLED_FROM_OUTSIDE:
            text = _("Interrupted: its process was killed from outside (signal %(signal)d).")
            self.outcome = self._outcome(RunStatus.INTERRUPTED, text % {"signal": -exit_code})
        elif exit_code < 0:
            text = _("Its process crashed (signal %(signal)d).")
            self.outcome = self._outcome(RunStatus.FAILED, text % {"signal": -exit_code})
        else:
            text = _("Its process ended in mid-run with exit status %(code)d.")
            self.outcome = self._outcome(RunStatus.FAILED, text % {"code": exit_code})

    # --- What is written while it goes on ---

    def news(self) -> News | None:
        """What the run has printed and told since it was written last; None if that is nothing."""
        is_over = self.outcome is not None and not self.is_dying
        self._text += self.child.transcript.take_rest() if is_over else self.child.transcript.take()
        if not self._text and self.child.progress == self._progress:
            return None
        return News(self._text, self._position, self.child.progress)

    def is_written(self, news: News) -> None:
        self._position += bool(news.text)
        self._text = self._text[len(news.text) :]
        self._progress = news.progress

    # --- In words ---

    def not_renewed(self) -> str:
        text = _("Interrupted: its lease could not be renewed for %(seconds)d seconds.")
        return text % {"seconds": round(steady_seconds() - self.renewed)}

    def _outcome(self, status: RunStatus, text: str) -> Outcome:
        return Outcome(status, f"{text}\n{self.child.transcript.last_words()}".rstrip(), text)
